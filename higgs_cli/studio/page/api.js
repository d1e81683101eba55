// Speaks with the studio; what is refused is an error with the studio's own words.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function asked(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, "The studio does not answer: has it ended?");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refused(answer.status, told.error ? told.error.message : `the studio says ${answer.status}`);
  }
  return told;
}

export function get(path) {
  return asked(path, { headers: { Accept: "application/json" } });
}

export function post(path, body = {}) {
  return asked(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function soundOf(book, line, attempt) {
  return `/api/books/${book}/lines/${line}/takes/${attempt}/sound.wav`;
}

const shapes = new Map();

export async function shapeOf(book, line, attempt) {
  const path = `/api/books/${book}/lines/${line}/takes/${attempt}/shape`;
  if (!shapes.has(path)) {
    if (shapes.size > 400) shapes.clear();
    shapes.set(path, get(path).catch((error) => { shapes.delete(path); throw error; }));
  }
  return shapes.get(path);
}

// The token is in the cookie by now; it need not stand in the address.
if (location.search.includes("token=")) history.replaceState(null, "", location.pathname);
