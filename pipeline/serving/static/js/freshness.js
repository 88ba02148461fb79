/** How fresh the page is: what the replies say, and whether the stream of alerts is open. */
import { listeners } from "./api.js";
import { byId, counted } from "./dom.js";

let reply = { state: "connecting" };
let streaming = "connecting";

const TEXTS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  stale: "Stale",
  "catching-up": "Catching up",
  offline: "Server out of reach; trying again",
};

/** The state is spoken when it becomes another one; how far behind it is can be read, and changes all the time. */
function show() {
  const state = reply.state === "live" && streaming !== "open" ? "reconnecting" : reply.state;
  const { lag } = reply;
  byId("freshness").dataset.state = state;
  const place = byId("freshness-state");
  if (place.textContent !== TEXTS[state]) place.textContent = TEXTS[state];
  const behind = lag ? `${counted(lag, "record")} behind` : state === "stale" ? "the broker is silent" : "";
  byId("freshness-lag").textContent = state === "stale" || state === "catching-up" ? behind : "";
}

/** @param {"connecting"|"open"|"reconnecting"} state of the stream */
export function streamIs(state) {
  streaming = state;
  show();
}

listeners.onConnection = (how) => {
  reply = how;
  show();
};
