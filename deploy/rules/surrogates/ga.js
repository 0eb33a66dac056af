// The older Analytics (_gaq, _gat): what was pushed runs if it is a function, and is forgotten.
(() => {
    "use strict";
    const tracker = new Proxy({}, {
        get: (_, key) => (key === "_getLinkerUrl" ? (url) => url : () => {}),
    });
    const push = (...entries) => {
        for (const entry of entries) {
            if (typeof entry === "function") {
                entry();
            } else if (Array.isArray(entry) && entry[0] === "_link" && typeof entry[1] === "string") {
                location.assign(entry[1]);
            } else if (Array.isArray(entry) && entry[0] === "_set" && entry[1] === "hitCallback") {
                entry[2]();
            }
        }
        return 0;
    };
    const queued = Array.isArray(window._gaq) ? window._gaq : [];
    window._gaq = { push };
    window._gat = { _getTracker: () => tracker, _getTrackerByName: () => tracker, _createTracker: () => tracker };
    push(...queued);
})();
