//! Gives the shared library its soname, so that programs find the ABI that they were linked with.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The number is HR_ABI_VERSION.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libhttp_responder.so.0");
}
