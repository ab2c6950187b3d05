// The live page: one WebSocket brings pictures (binary) and messages (JSON); what is shown follows from them alone.

import { Timeline } from "./timeline.js";

const SILENT = 3000; // ms without a picture or word of faces after which the last is no longer shown as the present
const DEAD = 8000; // ms without a word after which the connection counts as lost: the robot says something every second
const RETRY = [300, 600, 1200, 2400]; // ms between attempts to connect
const KEEP_CARD = 600; // ms that a card outlives its face
const LEVELS = ["all right", "warning", "error", "out of date"];

const $ = (id) => document.getElementById(id);
const state = { colours: {}, version: null, frames: [], cards: new Map(), lastPicture: 0, lastFaces: 0, lastWord: 0, label: "" };
const colourOf = (label) => `rgb(${(state.colours[label] ?? state.colours[""] ?? [148, 156, 168]).join(" ")})`;
const timeline = new Timeline($("timeline"), colourOf);
const pen = $("picture").getContext("2d");
let socket = null;
let attempts = 0;

// Connection

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/live`);
  mine.binaryType = "blob";
  socket = mine;
  state.lastWord = performance.now();
  mine.onopen = () => {
    attempts = 0;
    tellWhetherSeen();
  };
  mine.onmessage = (event) => {
    state.lastWord = performance.now();
    if (typeof event.data !== "string") {
      show(event.data, mine);
      return;
    }
    take(JSON.parse(event.data));
    if (mine.readyState === WebSocket.OPEN) mine.send("read");
  };
  mine.onclose = () => {
    if (socket === mine) retry();
  };
}

function retry(why = "The robot is out of reach. Trying again…") {
  socket = null;
  setStatus("lost", "Reconnecting…");
  notice(why);
  const wait = RETRY[Math.min(attempts, RETRY.length - 1)];
  attempts += 1;
  setTimeout(async () => {
    const answer = await fetch("/", { cache: "no-store" }).catch(() => null);
    if (answer?.ok) connect();
    else if (answer?.status === 401) retry("The robot was started again. Open the new address that it printed.");
    else retry();
  }, wait);
}

function tellWhetherSeen() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(document.hidden ? "away" : "look");
}

// Pictures

async function show(blob, from) {
  try {
    const bitmap = await createImageBitmap(blob);
    const canvas = $("picture");
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    pen.drawImage(bitmap, 0, 0);
    bitmap.close();
    state.lastPicture = performance.now();
    state.frames.push(state.lastPicture);
    canvas.dataset.shown = Number(canvas.dataset.shown ?? 0) + 1;
    $("notice").hidden = true;
  } finally {
    if (from.readyState === WebSocket.OPEN) from.send("shown");
  }
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
}

function setStatus(kind, text) {
  $("status").dataset.state = kind;
  if ($("status-text").textContent !== text) $("status-text").textContent = text;
}

// Messages

function take(message) {
  ({ hello, faces, health, line })[message.kind]?.(message);
}

function hello(message) {
  if (state.version !== null && state.version !== message.version) location.reload();
  state.version = message.version;
  state.colours = message.colours;
  $("legend").replaceChildren(
    ...Object.keys(state.colours).map((label) => {
      const item = element("li", "", label || "uncertain");
      const swatch = element("span");
      swatch.style.background = colourOf(label);
      item.prepend(swatch);
      return item;
    }),
  );
}

function faces(message) {
  const now = performance.now();
  state.lastFaces = now;
  timeline.add(message.labels, message.faces, now / 1000);
  for (const face of message.faces) {
    if (!state.cards.has(face.id)) state.cards.set(face.id, newCard(message.labels));
    const card = state.cards.get(face.id);
    card.seen = now;
    fillCard(card, face, message.labels);
  }
  const summary = message.faces.map((face) => `${face.name || face.id}: ${face.label}`).join(", ");
  if (summary !== state.label) {
    state.label = summary;
    $("spoken").textContent = summary || "Nobody is in view";
    $("picture").setAttribute("aria-label", summary || "The robot's picture, nobody in view");
  }
  $("count").textContent = message.faces.length;
  $("nobody").hidden = message.faces.length > 0;
}

function newCard(labels) {
  const root = $("card").content.firstElementChild.cloneNode(true);
  const rows = labels.map((label) => {
    const bar = element("dd", "bar");
    const fill = bar.appendChild(element("span"));
    fill.style.background = colourOf(label);
    bar.setAttribute("aria-hidden", "true");
    const row = { name: element("dt", "", label), bar, fill, number: element("dd", "number") };
    root.querySelector("dl").append(row.name, row.bar, row.number);
    return row;
  });
  $("cards").append(root);
  return { root, rows, seen: 0 };
}

function fillCard({ root, rows }, face, labels) {
  root.dataset.known = Boolean(face.name);
  root.style.setProperty("--colour", colourOf(face.label));
  root.querySelector("h3").textContent = face.name || "Unknown";
  root.querySelector(".about").textContent = [
    face.age === null ? "" : `about ${face.age}`,
    face.id,
  ].filter(Boolean).join(" · ");
  root.querySelector(".expression").textContent = face.label;
  root.querySelector(".confidence").textContent = percent(face.confidence);
  rows.forEach(({ name, fill, number }, index) => {
    const value = face.probabilities[index] ?? 0;
    fill.style.transform = `scaleX(${value})`;
    number.textContent = percent(value);
    for (const cell of [name, number]) cell.classList.toggle("top", labels[index] === face.label);
  });
}

function health(message) {
  $("delay").textContent = message.delay === null ? "" : behind(message.delay);
  $("talk").hidden = !message.talks && !$("lines").childElementCount;
  $("silence").hidden = message.nodes.length > 0;
  $("nodes").replaceChildren(...message.nodes.map(node));
  state.missing = !message.pictures
    ? "Nobody publishes emotion/overlay/compressed: is the robot running, with its overlay?"
    : "No picture comes from the camera.";
}

function node(told) {
  const quiet = told.silent > 3;
  const level = quiet ? 3 : told.level;
  const item = element("li", "node");
  item.dataset.level = level;
  const dot = element("span", "dot");
  dot.setAttribute("aria-hidden", "true");
  const rate = told.rate && told.state === "active" && told.rate !== "0" ? `${told.rate} Hz` : "";
  const word = quiet ? "silent" : level ? LEVELS[level] : rate || told.state || LEVELS[0];
  item.append(dot, element("span", "", told.name), element("span", "state", word));
  if (level && !quiet) item.append(element("span", "told", told.message));
  return item;
}

function line(message) {
  const list = $("lines");
  const last = list.lastElementChild;
  const item = element("li", message.who, message.text);
  item.prepend(element("b", "", message.who === "robot" ? "Robot" : "Heard"));
  item.classList.toggle("unfinished", message.final === false);
  if (last?.classList.contains("unfinished") && last.classList.contains(message.who)) last.replaceWith(item);
  else list.append(item);
  while (list.childElementCount > 100) list.firstElementChild.remove();
  $("talk").hidden = false;
  list.scrollTop = list.scrollHeight;
}

// Helpers

function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function behind(seconds) {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms behind` : `${seconds.toFixed(1)} s behind`;
}

function percent(value) {
  return `${Math.round(100 * value)} %`;
}

// The clock of the page

setInterval(() => {
  const now = performance.now();
  if (document.hidden) {
    state.lastWord = now; // browsers slow hidden pages down, and the robot was told that nobody looks
    return;
  }
  if (socket?.readyState === WebSocket.OPEN && now - state.lastWord > DEAD) {
    const dead = socket;
    retry();
    dead.close();
  }
  for (const [id, card] of state.cards) {
    const left = state.lastFaces > card.seen && now - card.seen > KEEP_CARD;
    if (left || now - card.seen > SILENT) {
      card.root.remove();
      state.cards.delete(id);
    }
  }
  state.frames = state.frames.filter((time) => now - time < 2000);
  $("rate").textContent = state.frames.length > 1 ? `${Math.round(state.frames.length / 2)} fps` : "– fps";
  if (socket?.readyState === WebSocket.OPEN) {
    const live = now - state.lastPicture < SILENT && state.lastPicture > 0;
    setStatus(live ? "live" : "waiting", live ? "Live" : "Waiting");
    if (!live) notice(state.missing ?? "Waiting for pictures…");
  }
  if (!state.cards.size) {
    $("count").textContent = "0";
    $("nobody").hidden = false;
  }
}, 250);

setInterval(() => {
  if (!document.hidden) timeline.draw(performance.now() / 1000);
}, 100);

document.addEventListener("visibilitychange", tellWhetherSeen);
connect();
