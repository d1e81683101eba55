// What the page knows of the book: one document, the lines of one chapter, and which line is open.
import { get } from "./api.js";

export const now = {
  number: 0,
  book: null,
  chapter: 0,
  lines: [],
  open: null,
  tasks: [],
  elsewhere: false,
};

export const address = (rest = "") => `/api/books/${now.number}${rest}`;
export const lineAddress = (line, rest) => address(`/lines/${line.id}${rest}`);

let looking = Promise.resolve();

// One look after another: an answer that comes late never covers a newer one.
export function look() {
  looking = looking.catch(() => {}).then(async () => {
    now.book = await get(address());
    if (!now.book.chapters.some((each) => each.number === now.chapter)) {
      now.chapter = now.book.chapters.length ? now.book.chapters[0].number : 0;
    }
    const chapter = await get(address(`/chapters/${now.chapter}`));
    const before = now.lines.find((each) => each.id === now.open);
    now.lines = chapter.lines;
    if (before && !now.lines.some((each) => each.id === now.open)) {
      const same = now.lines.find((each) => each.number === before.number);
      now.open = same ? same.id : null;
    }
    document.dispatchEvent(new Event("looked"));
  });
  return looking;
}

export async function goTo(chapter) {
  now.chapter = chapter;
  now.open = null;
  await look();
}

export const openLine = () => now.lines.find((each) => each.id === now.open) || null;

export function shownLines() {
  const only = document.getElementById("only-exceptions").checked;
  return only ? now.lines.filter((each) => each.is_exception) : now.lines;
}

export function neighbour(step) {
  const shown = shownLines();
  const at = shown.findIndex((each) => each.id === now.open);
  if (at < 0) return shown[step > 0 ? 0 : shown.length - 1] || null;
  return shown[at + step] || null;
}
