// What the studio renders now, as it goes on; and who waits for the end of something.
import { now } from "./book.js";
import { post } from "./api.js";
import { button, byId, el, minutes, say, trying } from "./dom.js";

const ENDED = ["done", "failed", "stopped"];
const waiting = new Map();
const told = new Set();
let revision = -1;

// The result of a task, once it has ended; null where it was stopped.
export function ended(task) {
  return new Promise((done, failed) => waiting.set(task.number, { done, failed }));
}

export function listen(changed) {
  const news = new EventSource("/api/news");
  news.onmessage = (event) => {
    const state = JSON.parse(event.data);
    now.tasks = state.tasks;
    now.elsewhere = state.elsewhere.length > 0;
    show(state);
    settle(state.tasks);
    if (state.revision !== revision || state.elsewhere.length) changed(state);
    revision = state.revision;
  };
  news.onerror = () => { byId("tasks").replaceChildren(el("p", {}, "The studio does not answer; waiting for it.")); };
}

function settle(tasks) {
  for (const task of tasks.filter((each) => ENDED.includes(each.state))) {
    const waits = waiting.get(task.number);
    waiting.delete(task.number);
    if (waits && task.state === "failed") waits.failed(new Error(task.error));
    else if (waits) waits.done(task.state === "done" ? task.result : null);
    else if (!told.has(task.number) && revision >= 0) tell(task);
    told.add(task.number);
  }
}

function tell(task) {
  if (task.state === "failed") say(`${task.said}: ${task.error}`, true);
  else if (task.kind === "master" && task.result) {
    const bad = task.result.exceptions;
    say(`${task.result.files.join(", ")}: written, ${bad ? `${bad} to be listened to` : "no fault found"}.`);
  } else if (task.kind === "export" && task.result) say(`${task.said}: ${task.result.files.join(", ")}`);
}

function show(state) {
  const running = state.tasks.filter((each) => !ENDED.includes(each.state));
  const shown = running.map(one);
  for (const each of state.elsewhere) {
    shown.push(el("p", { class: "task" }, `Another process (${each.process}) renders this book; what you decide is kept, and heard at the next mastering.`));
  }
  byId("tasks").replaceChildren(...shown);
}

const left = (task) => (task.seconds_left ? `, about ${minutes(task.seconds_left)} left,` : "");

function one(task) {
  const isMastering = task.mastered > 0 || (task.total > 0 && task.done >= task.total && task.kind !== "retake");
  const share = isMastering ? task.mastered : task.total ? task.done / task.total : null;
  const what = task.state === "waiting" ? "waits" : isMastering ? `mastering ${Math.round(task.mastered * 100)} %`
    : task.total ? `${task.done} of ${task.total}${left(task)} ${task.speaking}` : task.stage || "begins";
  const bar = el("progress", { max: 1, "aria-label": task.said });
  if (share !== null) bar.value = share;
  return el("div", { class: "task", "data-task": String(task.number) },
    el("b", {}, task.said), bar, el("span", {}, what),
    button("Stop", trying(() => post(`/api/tasks/${task.number}/stop`)), { "aria-label": `Stop: ${task.said}` }));
}
