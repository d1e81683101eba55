// The keys: everything can be done without a mouse.
import { goTo, neighbour, now, openLine, shownLines } from "./book.js";
import { byId, el, openDialog, say, trying } from "./dom.js";
import * as change from "./changes.js";
import { needLine, select } from "./lines.js";
import { openCast } from "./cast.js";
import { openExports } from "./exports.js";
import { openWords } from "./lexicon.js";
import * as player from "./player.js";

const goToException = (step) => trying(async () => {
  const inOrder = (items) => (step > 0 ? items : [...items].reverse());
  const at = now.lines.findIndex((each) => each.id === now.open);
  const rest = step > 0 ? now.lines.slice(at + 1) : now.lines.slice(0, Math.max(at, 0));
  let next = inOrder(rest).find((each) => each.is_exception);
  const beyond = (each) => each.exceptions > 0 && (step > 0 ? each.number > now.chapter : each.number < now.chapter);
  const chapter = next ? null : inOrder(now.book.chapters).find(beyond);
  if (chapter) {
    await goTo(chapter.number);
    next = inOrder(now.lines).find((each) => each.is_exception);
  }
  if (!next) { say("There is no further exception."); return; }
  select(next);
  await player.playLine(next);
});

const onlyExceptions = () => {
  byId("only-exceptions").click();
};

export const KEYS = [
  ["j", "next line", () => select(neighbour(1))],
  ["k", "line before", () => select(neighbour(-1))],
  [" ", "play or pause", () => player.toggle(openLine() || shownLines()[0])],
  ["f", "play from this line on", needLine(player.playFrom)],
  ["ArrowRight", "next word of what is heard", () => player.skipWord(1)],
  ["ArrowLeft", "word before", () => player.skipWord(-1)],
  ["n", "next exception, and hear it", goToException(1)],
  ["N", "exception before", goToException(-1)],
  ["x", "show and play only exceptions", onlyExceptions],
  ["r", "another take", needLine(change.retake)],
  ["c", "compare two takes", needLine(change.compare)],
  ["1", "use take 1; so 2 to 9", null],
  ["l", "lock or unlock", needLine((line) => (line.is_locked ? change.unlock(line) : change.lock(line)))],
  ["e", "change the text", needLine(change.words)],
  ["w", "say a word otherwise", needLine(change.pronounce)],
  ["p", "pause before the line", needLine(change.pause)],
  ["m", "mood", needLine(change.mood)],
  ["u", "undo the last step", trying(change.undo)],
  ["g", "cast", trying(openCast)],
  ["d", "words of the book", trying(openWords)],
  ["o", "export", trying(openExports)],
  ["?", "these keys", () => openKeys()],
];
const NAMES = { " ": "Space", ArrowRight: "→", ArrowLeft: "←" };

export function openKeys() {
  openDialog("Keys", el("dl", { class: "keys" }, KEYS.map(([key, what]) => [el("dt", {}, el("kbd", {}, NAMES[key] || key)), el("dd", {}, what)])));
}

function isTyping(target) {
  return target.matches("input:not([type=checkbox]), textarea, select");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (byId("dialog").open) { inDialog(event); return; }
  if (event.key === " " && event.target.matches("button, a, summary, input")) {
    if (!event.target.matches(".line")) return;
  }
  if (/^[1-9]$/.test(event.key)) {
    const line = openLine();
    const take = line && line.takes.find((each) => each.number === Number(event.key));
    if (take) trying(change.choose)(line, take.attempt);
    return;
  }
  const found = KEYS.find(([key, , work]) => key === event.key && work);
  if (found) { event.preventDefault(); found[2](); }
});

function inDialog(event) {
  const name = /^[ab]$/.test(event.key) ? `[data-hear="${event.key}"]` : /^[AB]$/.test(event.key) ? `[data-use="${event.key}"]` : null;
  const found = name && byId("dialog").querySelector(name);
  if (found) { event.preventDefault(); found.click(); }
}
