// The pixel (fbq) and the SDK (FB): nothing is sent; who waits for an answer gets an empty one.
(() => {
    "use strict";
    const fbq = () => {};
    fbq.push = fbq.callMethod = fbq;
    fbq.queue = [];
    fbq.loaded = true;
    fbq.version = "0";
    window.fbq = window._fbq = fbq;
    const answered = (answer) => (...words) => {
        const callback = words.find((word) => typeof word === "function");
        if (callback) {
            setTimeout(() => callback(answer));
        }
    };
    const unknown = { status: "unknown", authResponse: null };
    window.FB = {
        init: () => {},
        api: answered({ error: { message: "blocked" } }),
        ui: answered(null),
        login: answered(unknown),
        logout: answered(unknown),
        getLoginStatus: answered(unknown),
        getAuthResponse: () => null,
        AppEvents: { logEvent: () => {}, logPageView: () => {}, EventNames: {}, ParameterNames: {} },
        Event: { subscribe: () => {}, unsubscribe: () => {} },
        XFBML: { parse: (_element, callback) => { if (callback) callback(); } },
        Canvas: { setAutoGrow: () => {}, scrollTo: () => {} },
    };
    if (typeof window.fbAsyncInit === "function") {
        window.fbAsyncInit();
    }
})();
