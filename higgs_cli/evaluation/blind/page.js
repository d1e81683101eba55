"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
const pairs = page.pairs;
const at = (id) => document.getElementById(id);
const sides = ["first", "second"];
const plays = [at("play1"), at("play2")];
const choices = { first: at("first"), same: at("same"), second: at("second") };
const player = new Audio();
const answers = new Map();
let number = 0;
let playing = null;
let last = 1;
let heard = [false, false];
let address = null;

function bytes(coded) {
  return Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
}

function stop() {
  player.pause();
  playing = null;
  plays.forEach((button) => button.classList.remove("playing"));
}

function play(side) {
  stop();
  playing = last = side;
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(new Blob([bytes(pairs[number][sides[side]])], { type: "audio/mpeg" }));
  player.src = address;
  plays[side].classList.add("playing");
  player.play().catch(() => { at("hint").textContent = "It could not be played: press it once more."; });
}

function show() {
  stop();
  const pair = pairs[number];
  const chosen = answers.get(pair.pair);
  heard = [Boolean(chosen), Boolean(chosen)];
  last = 1;
  at("text").textContent = pair.text;
  at("count").textContent = "Pair " + (number + 1) + " of " + pairs.length;
  at("progress").max = pairs.length;
  at("progress").value = answers.size;
  at("back").disabled = number === 0;
  at("trial").hidden = false;
  at("done").hidden = true;
  for (const [name, button] of Object.entries(choices)) button.classList.toggle("chosen", name === chosen);
  mark();
}

function mark() {
  plays.forEach((button, side) => button.classList.toggle("heard", heard[side]));
  const both = heard[0] && heard[1];
  for (const button of Object.values(choices)) button.disabled = !both;
  at("hint").textContent = both ? "Which one would you rather listen to?" : "Hear both, then choose.";
}

function choose(name) {
  if (!heard[0] || !heard[1]) return;
  answers.set(pairs[number].pair, name);
  if (number + 1 < pairs.length) { number += 1; show(); } else finish();
}

function finish() {
  stop();
  const list = pairs.filter((each) => answers.has(each.pair))
    .map((each) => ({ pair: each.pair, choice: answers.get(each.pair) }));
  const text = JSON.stringify({ format: page.format, version: page.version, answers: list }, null, 1) + "\n";
  at("said").textContent = list.length + " of " + pairs.length + " pairs answered.";
  at("json").value = text;
  at("save").href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  at("trial").hidden = true;
  at("done").hidden = false;
  at("save").focus();
}

player.addEventListener("ended", () => {
  if (playing === null) return;
  heard[playing] = true;
  stop();
  mark();
});
plays.forEach((button, side) => button.addEventListener("click", () => play(side)));
for (const [name, button] of Object.entries(choices)) button.addEventListener("click", () => choose(name));
at("back").addEventListener("click", () => { if (number > 0) { number -= 1; show(); } });
at("end").addEventListener("click", finish);
at("on").addEventListener("click", show);

const keys = {
  1: () => play(0), 2: () => play(1), " ": () => play(1 - last),
  ArrowLeft: () => choose("first"), ArrowDown: () => choose("same"), ArrowRight: () => choose("second"),
  Backspace: () => at("back").click(),
};
document.addEventListener("keydown", (event) => {
  const act = keys[event.key];
  if (!act || at("trial").hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  event.preventDefault();
  act();
});
window.addEventListener("beforeunload", (event) => { if (answers.size && at("done").hidden) event.preventDefault(); });
show();
