// The page of the studio: begins, listens, and ties its buttons to what they do.
import { get } from "./api.js";
import { goTo, look, now, openLine, shownLines } from "./book.js";
import { byId, el, trying } from "./dom.js";
import * as change from "./changes.js";
import { openCast } from "./cast.js";
import { master, openExports, speakChapter } from "./exports.js";
import { openKeys } from "./keys.js";
import { openWords } from "./lexicon.js";
import { draw } from "./lines.js";
import * as player from "./player.js";
import { listen } from "./tasks.js";

const PATIENCE = 250;
const LOOKS = { usual: 6, beside: 2 };
let asked = 0;
let seconds = 0;

document.addEventListener("looked", draw);
byId("only-exceptions").addEventListener("change", draw);
byId("chapter-pick").addEventListener("change", trying((event) => goTo(Number(event.target.value))));
byId("speak-chapter").addEventListener("click", trying(speakChapter));
byId("master").addEventListener("click", trying(master));
byId("undo").addEventListener("click", trying(change.undo));
byId("open-cast").addEventListener("click", trying(openCast));
byId("open-words").addEventListener("click", trying(openWords));
byId("open-exports").addEventListener("click", trying(openExports));
byId("open-keys").addEventListener("click", openKeys);
byId("play").addEventListener("click", () => player.toggle(openLine() || shownLines()[0]));
byId("before").addEventListener("click", () => player.skip(-1));
byId("after").addEventListener("click", () => player.skip(1));
byId("books").addEventListener("change", trying(async (event) => {
  now.number = Number(event.target.value);
  now.open = null;
  now.chapter = 0;
  player.stop();
  await look();
}));

// Whatever has changed, in this tab, in another or by a command, is looked at soon.
function lookSoon() {
  clearTimeout(asked);
  asked = setTimeout(() => { look().catch(() => {}); }, PATIENCE);
}

// What another process renders is only seen by looking.
function lookAtTimes() {
  seconds += 1;
  if (seconds % (now.elsewhere ? LOOKS.beside : LOOKS.usual) === 0 && !document.hidden) lookSoon();
}

async function begin() {
  const books = await get("/api/books");
  byId("books").replaceChildren(...books.map((each) => el("option", { value: String(each.number) }, each.name)));
  byId("shelf").hidden = books.length < 2;
  await look();
  listen(lookSoon);
  setInterval(lookAtTimes, 1000);
}

trying(begin)();
