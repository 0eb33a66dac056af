//! Which function answers what.

use crate::errors::OrRaise;
use crate::handler::Handler;
use crate::inbox::{AsyncHandler, Inbox};
use crate::server::Server;
use crate::upload::StreamHandler;
use http_responder as engine;
use http_responder::responder::Responder;
use pyo3::prelude::*;
use std::sync::Arc;

impl Server {
    /// Registers `function` for each of `methods`, or for none of them.
    pub(crate) fn add_route(
        &self,
        path: &str,
        methods: &[Option<String>],
        function: &Bound<'_, PyAny>,
        stream: Option<u64>,
    ) -> PyResult<()> {
        let py = function.py();
        let engine = self.life.engine(py)?;
        let handler = Handler::of(function)?;
        if let Some(most) = stream {
            return self.add_stream(path, methods, function, most);
        }
        let add = |method: &Option<String>| engine.route(method.as_deref(), path, handler.clone());
        let add_all = || {
            if methods.len() > 1 {
                // The last may be refused when the first already answers: tried apart before.
                try_routes(engine, path, methods, &handler)?;
            }
            methods.iter().try_for_each(add)
        };
        py.detach(add_all).or_raise(py)?;
        self.handlers.add(handler);
        Ok(())
    }

    /// Registers `function` for bodies as they arrive, on threads of its own.
    fn add_stream(
        &self,
        path: &str,
        methods: &[Option<String>],
        function: &Bound<'_, PyAny>,
        most: u64,
    ) -> PyResult<()> {
        let py = function.py();
        let engine = self.life.engine(py)?;
        let put = py.import("http_responder._pool")?.call_method1("streaming", (function,))?;
        let handler = Handler::holding(&put);
        let made = Arc::new(StreamHandler(handler.clone()));
        let add = |method: &Option<String>| {
            engine.route_upload(method.as_deref(), path, most, made.clone())
        };
        py.detach(|| methods.iter().try_for_each(add)).or_raise(py)?;
        self.handlers.add(handler);
        Ok(())
    }

    /// Has `function` called by whoever takes requests out of `inbox`.
    pub(crate) fn add_async(
        &self,
        path: Option<&str>,
        methods: &[Option<String>],
        function: &Bound<'_, PyAny>,
        inbox: &Bound<'_, Inbox>,
        max_body: Option<u64>,
    ) -> PyResult<()> {
        let py = function.py();
        let engine = self.life.engine(py)?;
        let handler = Handler::holding(function);
        let made = Arc::new(AsyncHandler {
            handler: handler.clone(),
            inbox: inbox.get().shared(),
            streams: max_body.is_some(),
        });
        let Some(path) = path else {
            py.detach(|| engine.fallback(made));
            self.handlers.set_fallback(handler);
            return Ok(());
        };
        let add = |method: &Option<String>| match max_body {
            Some(most) => engine.route_upload(method.as_deref(), path, most, made.clone()),
            None => engine.route(method.as_deref(), path, made.clone()),
        };
        py.detach(|| methods.iter().try_for_each(add)).or_raise(py)?;
        self.handlers.add(handler);
        Ok(())
    }
}

/// Whether the engine takes every one of the routes.
fn try_routes(
    engine: &engine::Server,
    path: &str,
    methods: &[Option<String>],
    handler: &Arc<Handler>,
) -> http_responder::Result<()> {
    let apart = Responder::new(&engine.settings());
    let mut routes = methods.iter().map(Option::as_deref);
    routes.try_for_each(|method| apart.with_route(method, path, handler.clone()).map(drop))
}
