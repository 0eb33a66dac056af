//! actix-web on one worker.

use actix_web::{App, HttpResponse, HttpServer, web};
use std::time::Duration;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (port, body) = bench_peers::arguments();
    let app = move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move { HttpResponse::Ok().content_type("image/gif").body(body) }
        }))
    };
    HttpServer::new(app)
        .workers(1)
        .max_connections(20_000)
        .keep_alive(Duration::from_secs(3600))
        .bind(("127.0.0.1", port))?
        .run()
        .await
}
