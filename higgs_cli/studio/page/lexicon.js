// The words of the book: what the lexicon says, and words of which it is not sure how they are said.
import { get } from "./api.js";
import { address, now } from "./book.js";
import { button, el, openDialog, say, trying } from "./dom.js";
import { pronounce } from "./changes.js";

export async function openWords() {
  const lexicon = await get(address("/lexicon"));
  openDialog("Words", [
    el("p", { class: "quiet" }, lexicon.can_grow ? `Pronunciations are kept in ${lexicon.path}.` : "Only the manifest is here: the lexicon cannot grow."),
    el("h3", {}, "Said otherwise"),
    lexicon.words.length
      ? el("ul", { class: "plain" }, lexicon.words.map((each) => el("li", {}, el("b", {}, each.word), ` as ${each.replacement}`, each.speaker && ` (${each.speaker})`)))
      : el("p", {}, "Nothing yet."),
    el("h3", {}, "Not sure"),
    lexicon.unsure.length
      ? el("ul", { class: "plain" }, lexicon.unsure.map((each) => el("li", { class: "side" }, el("b", {}, each.word),
        el("span", { class: "quiet" }, `${each.kind}, ${each.count}×, ${each.where}`),
        lexicon.can_grow && button("Say…", trying(() => sayIt(each.word)), { "aria-label": `Say ${each.word} otherwise` }))))
      : el("p", {}, "No word is doubtful."),
  ]);
}

// Heard on the first line that has it.
async function sayIt(word) {
  const found = await get(address(`/lexicon/places?word=${encodeURIComponent(word)}`));
  if (!found.lines.length) { say(`No line has “${word}” as it is written.`); return; }
  const line = now.lines.find((each) => found.lines.includes(each.id)) || await get(address(`/lines/${found.lines[0]}`));
  await pronounce(line);
  const field = document.getElementById("word");
  field.value = word;
  field.dispatchEvent(new Event("change"));
  document.getElementById("said").focus();
}
