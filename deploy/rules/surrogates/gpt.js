// Publisher Tag (googletag): commands run, slots exist and stay empty, and say that they are.
(() => {
    "use strict";
    const tag = (window.googletag = window.googletag || {});
    const queued = tag.cmd || [];
    const listeners = [];
    // Whatever is asked of it, it answers with itself, so that calls can be chained.
    const chained = (own) => {
        const it = new Proxy(own, { get: (target, key) => (key in target ? target[key] : key === "then" ? undefined : () => it) });
        return it;
    };
    const slots = [];
    const define = (path, _size, element) => {
        const slot = chained({
            getAdUnitPath: () => path,
            getSlotElementId: () => element || "",
            getTargeting: () => [],
            getTargetingKeys: () => [],
            getResponseInformation: () => null,
        });
        slots.push(slot);
        return slot;
    };
    const service = chained({
        addEventListener: (type, listener) => { listeners.push([type, listener]); return service; },
        getSlots: () => slots,
        getTargeting: () => [],
        getTargetingKeys: () => [],
    });
    tag.apiReady = tag.pubadsReady = true;
    tag.pubads = tag.companionAds = tag.content = () => service;
    tag.defineSlot = tag.defineOutOfPageSlot = define;
    tag.sizeMapping = () => chained({ build: () => [] });
    tag.enableServices = tag.setAdIframeTitle = tag.disablePublisherConsole = () => {};
    tag.destroySlots = () => true;
    tag.getVersion = () => "0";
    tag.display = (slot) => {
        const shown = slots.find((it) => it === slot || it.getSlotElementId() === slot);
        for (const [type, listener] of listeners) {
            if (type === "slotRenderEnded") {
                setTimeout(() => listener({ slot: shown, isEmpty: true, serviceName: "publisher_ads" }));
            }
        }
    };
    tag.cmd = { push: (...commands) => { commands.forEach((command) => command()); return 1; } };
    queued.forEach((command) => command());
})();
