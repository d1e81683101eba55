// The finished book: made, delivered in any form, and the command lines that do the same.
import { get, post } from "./api.js";
import { address, look, now } from "./book.js";
import { button, el, openDialog, say, trying } from "./dom.js";
import { ended } from "./tasks.js";

export async function master() {
  const task = await post(address("/master"));
  const result = await ended(task);
  await look();
  if (result) {
    const bad = result.exceptions ? `${result.exceptions} lines to be listened to` : "no fault found";
    say(`${result.files.join(", ")} written: ${result.spoken} chunks spoken now, ${bad}.`);
  }
}

export async function speakChapter() {
  const result = await ended(await post(address(`/chapters/${now.chapter}/speak`)));
  await look();
  if (result) say(`${result.spoken} chunks were spoken.`);
}

export async function openExports() {
  const kinds = await get(address("/exports"));
  openDialog("Export", [
    el("p", { class: "quiet" }, "Each is made of the takes that are used now, into a folder of its own beside the book."),
    ...kinds.map(card),
    el("details", {}, el("summary", {}, "The same from the command line"),
      el("ul", { class: "plain" }, now.book.commands.map((each) => el("li", {}, el("code", {}, each))))),
  ]);
}

function card(kind) {
  const made = el("ul", { class: "plain" }, files(kind));
  const make = button(kind.files.length ? "Make again" : "Make", trying(async () => {
    make.disabled = true;
    try {
      const result = await ended(await post(address(`/exports/${kind.kind}`)));
      const again = (await get(address("/exports"))).find((each) => each.kind === kind.kind);
      made.replaceChildren(...files(again));
      if (result) say(`${kind.said}: ${result.files.length} files.`);
    } finally {
      make.disabled = false;
    }
    await look();
  }), { "aria-label": `Make: ${kind.said}`, "data-export": kind.kind });
  return el("section", { class: "card", "aria-label": kind.said }, el("div", { class: "side" }, el("h3", {}, kind.said), make), made);
}

function files(kind) {
  return kind.files.map((name, place) => el("li", {}, el("a", { href: address(`/exports/${kind.kind}/${place}`), download: name }, name)));
}
