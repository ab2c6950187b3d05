"""Gives every face an id that stays with the person while they are in view."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ParameterError
from emotion_perception.core.faces import Detection
from emotion_perception.core.tracking.appearance import LENGTH, describe
from emotion_perception.core.tracking.association import assign
from emotion_perception.core.tracking.motion import measure
from emotion_perception.core.tracking.track import Track

MEMORY = 2.0
CONFIRM_WITHIN = 0.5
TOUCHING = 1.4
NEAR = 2.0
SIZES = 3.0
LOOKS_LIMIT = 6.0
LOOKS_LIMIT_CROWD = 2.0
USE_LOOKS = True
CROWD_W = 1.0
CUT_BASE, CUT_SLOPE, CUT_CAP = -0.75, 8.0, 1.5
CUT_MARGIN, CALM = 2.0, 3.0
W_ENT = 0.3
W_ENT_T = 0.3
PRIOR = 3.0
USE_CUT = True
USE_ENTANGLE = True


def cut_threshold(seconds: float) -> float:
    return min(CUT_CAP, CUT_BASE + CUT_SLOPE * max(0.0, seconds - 0.06))


class FaceTracker:
    def __init__(self, *, start_confidence: float = 0.5, sure_confidence: float = 0.65) -> None:
        self._start, self._sure = start_confidence, sure_confidence
        self._count = 0
        self._tracks: list[Track] = []
        self._stamp: float | None = None
        self._shape: tuple[int, int] | None = None

    def reset(self) -> None:
        self._tracks = []
        self._stamp = None

    def update(self, detections: Sequence[Detection], image: NDArray[np.uint8], stamp: float) -> list[tuple[str, Detection]]:
        if not math.isfinite(stamp):
            raise ParameterError(f"stamp {stamp} is not a time in seconds")
        shape = (image.shape[0], image.shape[1])
        if self._stamp is not None and (stamp < self._stamp or shape != self._shape):
            self.reset()
        self._shape = shape
        elapsed = math.inf if self._stamp is None else stamp - self._stamp
        self._stamp = stamp
        self._tracks = [t for t in self._tracks if stamp - t.last_seen <= (MEMORY if t.id else CONFIRM_WITHIN)]
        for t in self._tracks:
            t.motion.advance(elapsed)
        if not detections:
            return []
        N = len(detections)
        seen = np.stack([describe(image, d) for d in detections]) if USE_LOOKS else np.zeros((N, LENGTH), np.float32)
        crowd = self._crowd(detections, stamp)  # per det: (touching bool, near bool, tracks touched)
        evidence, cut = self._evidence(detections, seen, crowd, stamp, shape)
        pairs = assign(evidence)
        self.debug = dict(evidence=evidence, pairs=pairs, cut=cut, crowd=crowd)
        result: dict[int, Track] = {}
        for i, j in pairs:
            t = self._tracks[i]
            touching, near, touched = crowd[j]
            t.restless=max(t.restless-CALM*(stamp-t.last_seen), self.S[i,j])
            t.see(detections[j], seen[j], stamp, alone=not touching)
            if touching:
                t.entangled.update(o for o in touched if o is not t)
                for o in touched:
                    if o is not t: o.entangled.add(t)
            result[j] = t
        matched = {i for i, _ in pairs}
        displaced = set()
        for j in range(N):
            if j in result: continue
            for i, t in enumerate(self._tracks):
                if i not in matched and cut[i, j]:
                    t.cut_away = True; displaced.add(j)
        # disentangle
        for t in self._tracks:
            if t.entangled:
                t.entangled &= set(self._tracks)
                if t.alone and t.last_seen == stamp and all(o.alone and o.last_seen == stamp for o in t.entangled):
                    for o in t.entangled: o.entangled.discard(t)
                    t.entangled = set()
        for t in result.values():
            if t.alone and not t.entangled: t.remember()
        for j, d in enumerate(detections):
            if j not in result and d.confidence >= self._start:
                t = Track(d, seen[j], stamp, alone=not crowd[j][0]); self._tracks.append(t)
                if d.confidence >= self._sure or elapsed > CONFIRM_WITHIN or j in displaced:
                    self._publish(t)
                result[j] = t
            elif j in result and result[j].id is None and elapsed>0:
                self._publish(result[j])
        return [(t.id, detections[j]) for j, t in sorted(result.items()) if t.id]

    def _publish(self, t: Track) -> None:
        if t.id is None:
            self._count += 1
            t.id = f"face_{self._count}"

    def _crowd(self, detections, stamp):
        c = np.array([d.centre for d in detections]); s = np.array([max(d.width, d.height) for d in detections])
        ts = [t for t in self._tracks if not t.cut_away and t.id and stamp - t.last_seen < 1.0]
        out = []
        for j in range(len(c)):
            dd = np.hypot(*(c - c[j]).T) / np.maximum(s, s[j]); dd[j] = 9
            td = [math.hypot(t.motion.centre[0] - c[j, 0], t.motion.centre[1] - c[j, 1]) / max(s[j], t.motion.size) for t in ts]
            touched = [t for t, v in zip(ts, td) if v < TOUCHING]
            nt = sum(v < NEAR for v in td)
            out.append((bool((dd < TOUCHING).any()) or len(touched) > 1, bool((dd < NEAR).any()) or nt > 1, touched))
        return out

    def _evidence(self, detections, seen, crowd, stamp, shape):
        M, N = len(self._tracks), len(detections)
        E = np.zeros((M, N)); cut = np.zeros((M, N), bool)
        if not M: return E, cut
        Z=np.zeros((M,N)); self.S=S=np.full((M,N),-9.)
        z = np.array([measure(d) for d in detections])
        vol = math.log(shape[0] * shape[1] * SIZES) + PRIOR
        mo = np.stack([t.motion.log_density(z) for t in self._tracks]) + vol
        m2 = mo.copy()
        if USE_ENTANGLE and USE_LOOKS:
            for i, t in enumerate(self._tracks):
                if t.entangled:
                    idx = [k for k, o in enumerate(self._tracks) if o in t.entangled or o is t]
                    for j in range(N):
                        w=W_ENT_T if crowd[j][0] else W_ENT
                        top=mo[idx,j].max(); m2[i, j] = top-w*(top-mo[i,j])
        for i, t in enumerate(self._tracks):
            lag = stamp - t.last_seen
            if USE_LOOKS:
                zv = t.unlike_any_view(seen)
                zt = t.unlike_latest(seen, surroundings=False); zf = t.unlike_latest(seen, surroundings=True)
                th = cut_threshold(lag)
            for j in range(N):
                touching, near, _ = crowd[j]
                if not USE_LOOKS:
                    E[i, j] = m2[i, j]; continue
                if t.entangled:
                    zz = min(zv[j], 9) if not touching else min(zv[j], zt[j])
                elif touching or not t.alone:
                    zz = min(zv[j], zt[j])
                else:
                    zz = min(zv[j], zt[j] if near or lag > .5 else zf[j])
                lim = LOOKS_LIMIT
                if touching: Z[i,j]=min(max(zz, -lim), lim); E[i,j]=m2[i,j]; continue
                E[i, j] = m2[i, j] - min(max(zz, -lim), lim)
                if t.cut_away and zv[j] > -2: E[i, j] = -1; continue
                if USE_CUT and not touching and t.alone and not t.entangled:
                    zc = zt[j] if near or lag > .5 else max(zt[j], zf[j])
                    S[i,j]=(zc + zv[j]) / 2
                    if S[i,j] > th and S[i,j] > t.restless - CALM*lag + CUT_MARGIN:
                        cut[i, j] = mo[i, j] > 0; E[i, j] = -1
                if detections[j].confidence < self._start and lag > CONFIRM_WITHIN: E[i, j] = -1
        for j in range(N):
            if crowd[j][0] and USE_LOOKS:
                k=[i for i,t in enumerate(self._tracks) if t in crowd[j][2]] or list(range(M))
                E[:,j]-=CROWD_W*(Z[:,j]-Z[k,j].min())
        return E, cut
