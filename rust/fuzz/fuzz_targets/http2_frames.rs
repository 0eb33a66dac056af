#![cfg_attr(feature = "libfuzzer", no_main)]

http_responder_fuzz::target!(http2_frames);
