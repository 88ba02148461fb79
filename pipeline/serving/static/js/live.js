/** Alerts as they come, by server-sent events. The stream goes on after the last alert that was seen. */
import { address } from "./api.js";
import { streamIs } from "./freshness.js";

const RESUME_MS = 500;
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 30_000;

/**
 * @param {string|null} after the cursor of the last alert that the page has
 * @param {(alert: any) => void} onAlert
 */
export function listen(after, onAlert) {
  let seen = after;
  let retryMs = FIRST_RETRY_MS;

  function connect() {
    const stream = new EventSource(address("/v1/alerts/stream", { after: seen }));

    function reconnect(ms) {
      stream.close();
      streamIs("reconnecting");
      setTimeout(connect, ms);
    }

    stream.addEventListener("open", () => {
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
    stream.addEventListener("error", () => {
      reconnect(retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    });
  }

  connect();
}
