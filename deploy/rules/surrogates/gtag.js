// gtag and Tag Manager: the data layer takes everything; callbacks of events run at once.
(() => {
    "use strict";
    const layer = (window.dataLayer = window.dataLayer || []);
    const handle = (entry) => {
        if (!entry || typeof entry !== "object") {
            return;
        }
        // gtag pushes its arguments, Tag Manager an object.
        const [command, target, options] = typeof entry.length === "number" ? entry : [];
        if (command === "get" && typeof entry[3] === "function") {
            entry[3]("");
        } else if (options && typeof options.event_callback === "function") {
            options.event_callback(target);
        } else if (typeof entry.eventCallback === "function") {
            entry.eventCallback();
        }
    };
    const push = layer.push;
    layer.push = (...entries) => {
        const length = push.apply(layer, entries);
        entries.forEach(handle);
        return length;
    };
    layer.slice().forEach(handle);
    window.gtag = window.gtag || function () { layer.push(arguments); };
    window.google_tag_manager = window.google_tag_manager || {};
})();
