// The scrolling timeline: for each face, the probability of each expression over the last minute.

const SPAN = 60; // seconds
const GAP = 1; // seconds without a sample after which a line is interrupted
const LANE = 118; // height of a face's lane in CSS pixels
const RIBBON = 12;
const TOP = 22;
const AXIS = 20;
const LEFT = 48;
const MOST_LANES = 3;

export class Timeline {
  constructor(canvas, colourOf) {
    this.canvas = canvas;
    this.colourOf = colourOf;
    this.tracks = new Map();
    this.labels = [];
  }

  // faces: as in the message "faces"; now: seconds of any steady clock.
  add(labels, faces, now) {
    this.labels = labels;
    for (const face of faces) {
      const track = this.tracks.get(face.id) ?? { name: "", samples: [] };
      track.name = face.name || face.id;
      track.samples.push({ time: now, label: face.label, values: face.probabilities });
      this.tracks.set(face.id, track);
    }
    for (const [id, track] of this.tracks) {
      while (track.samples.length && track.samples[0].time < now - SPAN - GAP) track.samples.shift();
      if (!track.samples.length) this.tracks.delete(id);
    }
  }

  draw(now) {
    const lanes = [...this.tracks.values()]
      .sort((one, other) => other.samples.at(-1).time - one.samples.at(-1).time)
      .slice(0, MOST_LANES);
    const ratio = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = Math.max(1, lanes.length) * LANE + AXIS;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.style.height = `${height}px`;
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const x = (time) => LEFT + (width - LEFT) * (1 - (now - time) / SPAN);
    this.drawAxis(pen, x, now, width, height);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, 0, width - LEFT, height);
    pen.clip();
    lanes.forEach((track, number) => this.drawLane(pen, track, number * LANE, x));
    pen.restore();
    lanes.forEach((track, number) => this.drawScale(pen, track, number * LANE, width));
    if (!lanes.length) this.drawScale(pen, { name: "" }, 0, width);
  }

  drawAxis(pen, x, now, width, height) {
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = "#a0a6b0";
    for (const ago of width < 480 ? [60, 30, 0] : [60, 45, 30, 15, 0]) {
      pen.textAlign = ago === 0 ? "right" : ago === 60 ? "left" : "center";
      pen.fillText(ago === 0 ? "now" : `${ago} s ago`, ago === 0 ? width : x(now - ago), height - 5);
    }
  }

  drawScale(pen, track, top, width) {
    const bottom = top + LANE - RIBBON - 8;
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "right";
    for (const [share, text] of [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]]) {
      const y = bottom - share * (bottom - top - TOP);
      pen.fillStyle = "#a0a6b0";
      pen.fillText(text, LEFT - 6, y + 4);
      pen.fillStyle = "#ffffff14";
      pen.fillRect(LEFT, Math.round(y), width - LEFT, 1);
    }
    pen.font = "600 13px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.fillStyle = "#f0f2f5";
    pen.fillText(track.name, LEFT, top + 13);
  }

  drawLane(pen, track, top, x) {
    const bottom = top + LANE - RIBBON - 8;
    const y = (value) => bottom - value * (bottom - top - TOP);
    for (const run of unbroken(track.samples)) {
      this.drawRibbon(pen, run, bottom + 6, x);
      this.labels.forEach((label, index) => {
        const colour = this.colourOf(label);
        for (const part of stretches(run, label)) {
          pen.beginPath();
          part.samples.forEach((sample, each) => pen[each ? "lineTo" : "moveTo"](x(sample.time), y(sample.values[index])));
          pen.strokeStyle = colour;
          pen.globalAlpha = part.leads ? 1 : 0.45;
          pen.lineWidth = part.leads ? 2.5 : 1.2;
          pen.lineJoin = "round";
          pen.stroke();
          if (part.leads) {
            pen.lineTo(x(part.samples.at(-1).time), bottom);
            pen.lineTo(x(part.samples[0].time), bottom);
            pen.globalAlpha = 0.16;
            pen.fillStyle = colour;
            pen.fill();
          }
          pen.globalAlpha = 1;
        }
      });
    }
  }

  drawRibbon(pen, run, top, x) {
    for (let begin = 0; begin < run.length; ) {
      let end = begin;
      while (end + 1 < run.length && run[end + 1].label === run[begin].label) end += 1;
      const left = x(run[begin].time);
      const right = x(run[Math.min(end + 1, run.length - 1)].time);
      pen.fillStyle = this.colourOf(run[begin].label);
      pen.fillRect(left, top, Math.max(1, right - left + 0.5), RIBBON - 4);
      begin = end + 1;
    }
  }
}

// Cuts samples where the face was away.
function* unbroken(samples) {
  let begin = 0;
  for (let next = 1; next <= samples.length; next += 1) {
    if (next === samples.length || samples[next].time - samples[next - 1].time > GAP) {
      yield samples.slice(begin, next);
      begin = next;
    }
  }
}

// Cuts a run where a label becomes the face's label or ceases to be; neighbours share a sample, so lines join.
function* stretches(run, label) {
  for (let begin = 0; begin < run.length; ) {
    const leads = run[begin].label === label;
    let end = begin;
    while (end + 1 < run.length && (run[end + 1].label === label) === leads) end += 1;
    yield { leads, samples: run.slice(begin, Math.min(end + 2, run.length)) };
    begin = end + 1;
  }
}
