/** Alerts as they come, by server-sent events. The stream goes on after the last alert that was seen. */
import { address } from "./api.js";
import { streamIs } from "./freshness.js";

const RESUME_MS = 500;
const FAILURES = 3; // in a row, before the cursor is given up
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 30_000;

/**
 * @param {string|null} after the cursor of the last alert that the page has
 * @param {(alert: any) => void} onAlert
 * @param {() => Promise<string|null>} startOver gives a new cursor, for a server that does not take the old one
 */
export function listen(after, onAlert, startOver) {
  let seen = after;
  let failures = 0;
  let retryMs = FIRST_RETRY_MS;

  function connect() {
    const stream = new EventSource(address("/v1/alerts/stream", { after: seen }));

    function reconnect(ms) {
      stream.close();
      streamIs("reconnecting");
      setTimeout(connect, ms);
    }

    stream.addEventListener("open", () => {
      failures = 0;
      retryMs = FIRST_RETRY_MS;
      streamIs("open");
    });
    stream.addEventListener("alert", (event) => {
      seen = event.lastEventId || seen;
      onAlert(JSON.parse(event.data));
    });
    // The id alone: where the stream stands while nothing is new.
    stream.addEventListener("place", (event) => {
      seen = event.lastEventId || seen;
    });
    // The server lets go of a reader that is too slow, and says from where to go on.
    stream.addEventListener("resume", (event) => {
      seen = event.lastEventId || seen;
      reconnect(RESUME_MS);
    });
    stream.addEventListener("error", async () => {
      failures += 1;
      const wait = retryMs;
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      stream.close();
      if (failures >= FAILURES) seen = await startOver().catch(() => seen);
      reconnect(wait);
    });
  }

  connect();
}
