"use strict";
const audio = document.querySelector("audio");
const now = document.getElementById("now");
const lines = [...document.querySelectorAll("tr[data-from]")];
const starts = lines.map((line) => Number(line.dataset.from));
const pictures = [...document.querySelectorAll(".picture")];
const exceptions = [...document.querySelectorAll("#exceptions [data-from]")];
const LEAD = 0.3;
const tracks = JSON.parse(audio.dataset.tracks).map(([address, name, from, to]) => ({ address, name, from, to }));
let track = tracks[0];
let until = Infinity;
let marked = null;

function heard() {
  return track.from + audio.currentTime;
}

function go(time) {
  const wanted = tracks.find((each) => time < each.to) || tracks[tracks.length - 1];
  const start = () => {
    audio.currentTime = Math.max(0, time - wanted.from);
    audio.play();
  };
  if (wanted === track) { start(); return; }
  track = wanted;
  audio.src = track.address;
  audio.addEventListener("loadedmetadata", start, { once: true });
}

function play(from, to) {
  until = to;
  go(Math.max(0, from - (tracks.some((each) => each.from === from) ? 0 : LEAD)));
}

function mark(line) {
  if (marked === line) return;
  if (marked) marked.classList.remove("now");
  marked = line;
  if (line) {
    line.classList.add("now");
    now.textContent = line.cells[1].textContent + ": " + line.cells[2].textContent;
  }
}

function lineAt(time) {
  let first = 0, last = starts.length;
  while (first < last) {
    const middle = (first + last) >> 1;
    if (starts[middle] <= time) first = middle + 1; else last = middle;
  }
  const line = first ? lines[first - 1] : null;
  return line && time < Number(line.dataset.to) + 3 ? line : null;
}

function follow() {
  const time = heard();
  if (time >= until) { until = Infinity; audio.pause(); }
  mark(lineAt(time));
  for (const picture of pictures) {
    const from = Number(picture.dataset.from), to = Number(picture.dataset.to);
    const head = picture.querySelector(".head");
    const inside = time >= from && time < to;
    head.style.display = inside ? "block" : "none";
    if (inside) head.style.left = 100 * (time - from) / (to - from) + "%";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) {
    const holder = button.closest("[data-from]");
    play(Number(holder.dataset.from), Number(holder.dataset.to));
    return;
  }
  const picture = event.target.closest(".picture");
  if (picture) {
    const box = picture.getBoundingClientRect();
    const from = Number(picture.dataset.from), to = Number(picture.dataset.to);
    play(from + LEAD + (to - from) * (event.clientX - box.left) / box.width, Infinity);
  }
});

document.addEventListener("keydown", (event) => {
  const step = { n: 1, p: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || !exceptions.length) return;
  const time = heard() + LEAD + 0.05;
  const sorted = [...exceptions].sort((a, b) => a.dataset.from - b.dataset.from);
  const next = step > 0
    ? sorted.find((each) => Number(each.dataset.from) > time)
    : sorted.reverse().find((each) => Number(each.dataset.from) < time - 1);
  if (next) {
    next.scrollIntoView({ block: "center" });
    play(Number(next.dataset.from), Number(next.dataset.to));
  }
});

audio.addEventListener("timeupdate", follow);
audio.addEventListener("ended", () => {
  const next = tracks[tracks.indexOf(track) + 1];
  if (next) go(next.from);
});
audio.addEventListener("error", () => {
  now.textContent = "This page plays " + track.name + ", which has to lie in the same folder.";
});
audio.addEventListener("loadedmetadata", () => {
  if (Math.abs(audio.duration - (track.to - track.from)) > 1) {
    now.textContent = "The audio is another one than this page was made of.";
  }
});
