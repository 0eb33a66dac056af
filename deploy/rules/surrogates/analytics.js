// Universal Analytics (ga): every tracker takes everything, hit callbacks run at once.
(() => {
    "use strict";
    const name = window.GoogleAnalyticsObject || "ga";
    const queued = (window[name] && window[name].q) || [];
    const tracker = new Proxy({}, { get: (_, key) => (key === "get" ? () => "" : () => {}) });
    const run = (callback) => {
        try {
            callback();
        } catch (error) {
            setTimeout(() => { throw error; });
        }
    };
    const ga = (...words) => {
        if (typeof words[0] === "function") {
            run(() => words[0](tracker));
            return;
        }
        const last = words[words.length - 1];
        if (last && typeof last === "object" && typeof last.hitCallback === "function") {
            run(last.hitCallback);
        }
    };
    ga.create = () => tracker;
    ga.getByName = () => tracker;
    ga.getAll = () => [tracker];
    ga.remove = () => {};
    ga.loaded = true;
    window[name] = ga;
    queued.forEach((words) => ga(...words));
})();
