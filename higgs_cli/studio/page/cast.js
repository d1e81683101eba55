// Who speaks with which voice: samples, auditions, and another voice for the whole book.
import { get, post, soundOf } from "./api.js";
import { address, look, now } from "./book.js";
import { button, el, openDialog, say, trying } from "./dom.js";
import { playSound, stop } from "./player.js";
import { ended } from "./tasks.js";

const FIRST_HEARD = 3;

export async function openCast() {
  const cast = await get(address("/cast"));
  openDialog("Cast", [
    el("p", { class: "quiet" }, cast.can_change ? `Changes are written into ${cast.sheet}.` : "Voices can be heard; to change them the script is needed."),
    ...cast.members.map((member) => card(member, cast)),
  ], stop);
}

function card(member, cast) {
  const id = `voice-${member.speaker.replace(/\W+/g, "-")}`;
  const voice = el("select", { id }, cast.voices.map((each) =>
    el("option", { value: each.name, selected: each.name === member.voice }, each.name)));
  if (!cast.voices.some((each) => each.name === member.voice)) voice.prepend(el("option", { value: member.voice, selected: true }, member.voice));
  const told = el("p", { class: "quiet", role: "status" });
  const sure = el("div", { class: "side" });
  const heard = el("div", { class: "side" });
  voice.addEventListener("change", trying(async () => {
    sure.replaceChildren();
    told.textContent = "";
    if (voice.value === member.voice) return;
    const cost = await post(address("/cast/cost"), { speaker: member.speaker, voice: voice.value });
    const work = cost.work_minutes === null ? "" : `, about ${cost.work_minutes} minutes of work`;
    const others = cost.others ? `, ${cost.others} of them of others` : "";
    told.textContent = `${cost.chunks} chunks would be spoken again${others}: ${cost.minutes} minutes of speech${work}.`;
    sure.replaceChildren(button(`Cast ${voice.value}`, trying(() => recast(member, voice.value)), { class: "main", "aria-label": `Cast ${voice.value} as ${member.speaker}` }));
  }));
  return el("section", { class: "card", "aria-label": member.speaker, "data-speaker": member.speaker },
    el("h3", {}, member.speaker),
    el("p", { class: "quiet" }, `${member.lines} lines, ${member.minutes} minutes · ${member.why}`),
    el("p", {}, member.first),
    el("div", { class: "side" }, el("label", { for: id }, "Voice"), cast.can_change ? voice : el("b", {}, member.voice),
      member.sample && button("Sample", trying(() => playSound(soundOf(now.number, member.sample.line, member.sample.attempt), `${member.speaker} as ${member.voice}`)), { "aria-label": `Sample of ${member.speaker}` }),
      button("Audition…", trying(() => choices(member, cast, heard)), { "aria-label": `Audition of ${member.speaker}` })),
    told, sure, heard);
}

function choices(member, cast, heard) {
  const first = [member.voice, ...cast.voices.map((each) => each.name).filter((each) => each !== member.voice)].slice(0, FIRST_HEARD);
  const boxes = cast.voices.map((each) => el("input", { type: "checkbox", value: each.name, checked: first.includes(each.name) }));
  const hear = trying(async () => {
    const voices = boxes.filter((each) => each.checked).map((each) => each.value);
    const task = await post(address("/cast/audition"), { speaker: member.speaker, voices });
    heard.replaceChildren("They are being spoken…");
    const result = await ended(task).catch((error) => { heard.replaceChildren(); throw error; });
    heard.replaceChildren(...(result || []).map((each) => button(`Hear ${each.label}`, trying(() => playSound(`/api/heard/${each.sound}`, `${member.speaker} as ${each.label}`)))));
  });
  heard.replaceChildren(el("div", { class: "field" },
    el("div", { class: "voices", role: "group", "aria-label": "Voices to hear" }, boxes.map((box) => el("label", { class: "check" }, box, ` ${box.value}`))),
    button("Hear them on a line of their own", hear)));
}

async function recast(member, voice) {
  await post(address("/cast"), { speaker: member.speaker, voice, seen: member.voice });
  await look();
  await openCast();
  say(`${member.speaker} speaks with ${voice} from now on; what is new is spoken with the book.`);
}
