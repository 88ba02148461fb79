/** How fresh the page is: what the replies say, and whether the stream of alerts is open. */
import { listeners } from "./api.js";
import { byId } from "./dom.js";

let reply = { state: "connecting" };
let streaming = "connecting";

const TEXTS = {
  connecting: () => "Connecting",
  live: () => (streaming === "open" ? "Live" : "Reconnecting"),
  stale: ({ lag }) => `Stale: ${lag ? `${lag.toLocaleString("en")} records behind` : "the broker is silent"}`,
  "catching-up": ({ lag, seconds }) =>
    `Catching up${lag ? `: ${lag.toLocaleString("en")} records to go` : ""}; asking again in ${seconds} s`,
  offline: ({ seconds }) => `Server out of reach; trying again in ${seconds} s`,
};

function show() {
  const pill = byId("freshness");
  const waiting = reply.state === "live" && streaming !== "open";
  const state = waiting ? "reconnecting" : reply.state;
  const text = TEXTS[reply.state](reply);
  pill.dataset.state = state;
  const place = pill.querySelector(".freshness-text");
  if (place.textContent !== text) place.textContent = text; // said once, not with every reply
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
