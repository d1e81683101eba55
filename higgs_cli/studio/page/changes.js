// What is changed at one line; each change says what this tab has seen, so that no other is overwritten.
import { get, post, soundOf } from "./api.js";
import { address, lineAddress, look, now } from "./book.js";
import { button, closeDialog, el, openDialog, say, trying } from "./dom.js";
import { playSound, stop, wordNow } from "./player.js";
import { ended } from "./tasks.js";

export async function retake(line) {
  const task = await post(lineAddress(line, "/retake"), { seen: line.seen });
  const result = await ended(task);
  await look();
  if (result) {
    const made = now.lines.find((each) => each.id === line.id);
    if (made) say(`${made.place}: take ${made.takes.length} was spoken.`);
  }
}

export async function choose(line, attempt) {
  await post(lineAddress(line, "/choose"), { seen: line.seen, attempt });
  await look();
}

export async function lock(line) {
  await post(lineAddress(line, "/lock"), { seen: line.seen });
  await look();
}

export async function unlock(line) {
  await post(lineAddress(line, "/unlock"), { seen: line.seen });
  await look();
}

export async function undo() {
  if (!now.book.undo) return;
  const told = await post(address("/undo"), { step: now.book.undo.step });
  say(`Undone: ${told.undone}.`);
  await look();
}

// Two takes of a line, named or not: A and B are drawn anew each time that it is blind.
export async function compare(line) {
  if (line.takes.length < 2) { say("There is only one take: ask for another first."); return; }
  const newest = line.takes[line.takes.length - 1].attempt;
  const other = line.used === newest ? line.takes[line.takes.length - 2].attempt : line.used;
  const pick = (attempt, label) => el("select", { "aria-label": label }, line.takes.map((take) =>
    el("option", { value: String(take.attempt), selected: take.attempt === attempt }, `Take ${take.number}`)));
  const picks = [pick(other, "First take"), pick(newest, "Second take")];
  const blind = el("input", { type: "checkbox", checked: true });
  const body = el("div", { class: "card" });
  let order = [];
  const drawPair = () => {
    order = picks.map((each) => Number(each.value));
    if (blind.checked && Math.random() < 0.5) order.reverse();
    const named = (place) => (blind.checked ? "AB"[place] : `take ${order[place] + 1}`);
    const use = trying(async (attempt) => { await choose(line, attempt); say(`Take ${attempt + 1} is used from now on.`); closeDialog(); });
    body.replaceChildren(...[0, 1].map((place) => el("div", { class: "side" },
      button(`Hear ${named(place)}`, trying(() => playSound(soundOf(now.number, line.id, order[place]), `Hearing ${named(place)}`)), { "data-hear": "ab"[place] }),
      button(`Use ${named(place)}`, () => use(order[place]), { "data-use": "AB"[place] }))));
  };
  for (const each of [...picks, blind]) each.addEventListener("change", drawPair);
  const both = el("div", { class: "side" }, picks, el("label", { class: "check" }, blind, " Blind"));
  drawPair();
  openDialog(`Compare takes of ${line.place}`, [el("p", {}, line.text), both, body, el("p", { class: "quiet" }, "Keys: a and b play, A and B use.")], stop);
  body.querySelector("button").focus();
}

export async function words(line) {
  const source = await get(lineAddress(line, "/source"));
  const text = el("textarea", { "aria-label": `Text of ${line.place}` });
  text.value = source.text;
  const keep = trying(async () => {
    const told = await post(lineAddress(line, "/words"), { seen: source.text, text: text.value });
    now.open = told.line;
    closeDialog();
    await look();
    say("Written into the script. What is new is spoken with the book, or when you press r.");
  });
  openDialog(`Text of ${line.place}`, [
    el("p", { class: "quiet" }, `As they stand in ${now.book.script}, tags and all.`), text,
    el("div", { class: "side" }, button("Write", keep, { class: "main" }), button("Leave it", closeDialog)),
  ]);
}

export async function pause(line) {
  const field = el("input", { type: "number", min: "0", max: "60", step: "0.1", value: String(line.pause.seconds), id: "pause-seconds" });
  const set = (seconds) => trying(async () => {
    const told = await post(lineAddress(line, "/pause"), { seen: line.pause.seconds, seconds: seconds() });
    now.open = told.line;
    closeDialog();
    await look();
  });
  openDialog(`Pause before ${line.place}`, [
    el("div", { class: "field" }, el("label", { for: "pause-seconds" }, "Seconds of silence"), field),
    el("div", { class: "side" }, button("Write", set(() => Number(field.value)), { class: "main" }),
      line.pause.kind === "written" && button("The usual pause", set(() => null))),
  ]);
}

export async function mood(line) {
  const field = el("select", { id: "mood" }, el("option", { value: "" }, "none"),
    line.moods.map((each) => el("option", { value: each, selected: each === line.mood }, each)));
  const set = trying(async () => {
    const told = await post(lineAddress(line, "/mood"), { seen: line.mood, mood: field.value || null });
    now.open = told.line;
    closeDialog();
    await look();
  });
  openDialog(`Mood of ${line.place}`, [
    el("div", { class: "field" }, el("label", { for: "mood" }, `Moods of ${line.voice}`), field),
    button("Write", set, { class: "main" }),
  ]);
}

// A word of a line: heard as it is said now and as it would be, then written into the lexicon.
export async function pronounce(line) {
  const word = el("input", { id: "word", list: "words-of-line", autocomplete: "off" });
  const said = el("input", { id: "said", autocomplete: "off" });
  const known = el("datalist", { id: "words-of-line" }, [...new Set(line.text.match(/[\p{L}\p{N}'’-]+/gu) || [])].map((each) => el("option", { value: each })));
  const told = el("p", { class: "quiet", role: "status" });
  const heard = el("div", { class: "side" });
  let seen = null;
  const where = trying(async () => {
    if (!word.value.trim()) return;
    const found = await get(address(`/lexicon/places?word=${encodeURIComponent(word.value)}`));
    seen = found.said;
    if (seen && !said.value) said.value = seen;
    told.textContent = `${found.lines.length} lines have it, ${Math.round(found.seconds)} s of speech` + (seen ? `; it is said “${seen}” now` : "");
  });
  word.addEventListener("change", where);
  word.value = wordNow(line);
  where();
  const hear = trying(async () => {
    heard.replaceChildren("It is being spoken…");
    const task = await post(address("/lexicon/preview"), { line: line.id, word: word.value, replacement: said.value });
    const result = await ended(task).catch((error) => { heard.replaceChildren(); throw error; });
    heard.replaceChildren(...(result || []).map((each) => button(`Hear ${each.label}`, trying(() => playSound(`/api/heard/${each.sound}`, `Hearing ${each.label}`)), { "data-hear": each.label })));
  });
  const keep = trying(async () => {
    const kept = await post(address("/lexicon"), { word: word.value, replacement: said.value, seen });
    closeDialog();
    await look();
    say(`“${word.value}” is said so in ${kept.places} ${kept.places === 1 ? "line" : "lines"}; they are spoken with the book.`);
  });
  openDialog(`How a word of ${line.place} is said`, [
    el("p", {}, line.text), known,
    el("div", { class: "field" }, el("label", { for: "word" }, "Word"), word),
    el("div", { class: "field" }, el("label", { for: "said" }, "Said as"), said), told,
    el("div", { class: "side" }, button("Hear before and after", hear), button("Keep for the book", keep, { class: "main" })), heard,
  ], stop);
}
