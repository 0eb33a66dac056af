//! What AWS-LC knows and its crate for Rust does not offer: private keys in PEM, encrypted in any of
//! OpenSSL's ways or not. All that it holds of them meanwhile is wiped when it is freed.

use aws_lc_sys as lc;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;
use zeroize::{Zeroize, Zeroizing};

/// More than the stack that reading a key takes.
const FRAMES: usize = 32 << 10;

/// The PKCS#8 form of the first private key in the PEM `text`, opened with `words` if it is encrypted;
/// `None` where there is none, or they do not open it.
pub(crate) fn private_key(text: &[u8], words: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = read(text, words);
    wipe_stack();
    key
}

#[inline(never)]
fn read(text: &[u8], words: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let length = lc::ossl_ssize_t::try_from(text.len()).ok()?;
    let mut words = words;
    // SAFETY: `text` is valid for `length` octets and outlives the BIO, which is freed here; the
    // callback gets `words`, which outlives the call; each object is freed once.
    unsafe {
        let bio = lc::BIO_new_mem_buf(text.as_ptr().cast(), length);
        if bio.is_null() {
            return None;
        }
        let user = (&raw mut words).cast::<c_void>();
        let key = lc::PEM_read_bio_PrivateKey(bio, null_mut(), Some(give_words), user);
        lc::BIO_free(bio);
        // Errors are kept for each thread until somebody looks.
        lc::ERR_clear_error();
        if key.is_null() {
            return None;
        }
        let encoded = encode(key);
        lc::EVP_PKEY_free(key);
        encoded
    }
}

/// AWS-LC reads lines of the text, and the words, into buffers of its frames, which it leaves as they are.
#[inline(never)]
fn wipe_stack() {
    let mut frames = [0_u8; FRAMES];
    frames.zeroize();
}

/// # Safety
/// `key` is a valid key.
unsafe fn encode(key: *const lc::EVP_PKEY) -> Option<Zeroizing<Vec<u8>>> {
    let mut builder = std::mem::MaybeUninit::<lc::CBB>::uninit();
    let (mut octets, mut length) = (null_mut(), 0);
    // SAFETY: the builder is initialised before it is used and finished or cleaned up once; what it
    // gives is valid for `length` octets, copied, and freed (which wipes it).
    unsafe {
        if lc::CBB_init(builder.as_mut_ptr(), 256) != 1 {
            return None;
        }
        let done = lc::EVP_marshal_private_key(builder.as_mut_ptr(), key) == 1
            && lc::CBB_finish(builder.as_mut_ptr(), &mut octets, &mut length) == 1;
        if !done || octets.is_null() {
            lc::CBB_cleanup(builder.as_mut_ptr());
            return None;
        }
        let copy = std::slice::from_raw_parts(octets, length).to_vec();
        lc::OPENSSL_free(octets.cast());
        Some(Zeroizing::new(copy))
    }
}

/// Gives PEM_read_bio_PrivateKey the words that open a key.
unsafe extern "C" fn give_words(
    buffer: *mut c_char,
    size: c_int,
    _writing: c_int,
    user: *mut c_void,
) -> c_int {
    // SAFETY: `user` is what `read` passes: a slice that lives during the call.
    let words: &[u8] = unsafe { *user.cast::<&[u8]>() };
    let Ok(size) = usize::try_from(size) else { return -1 };
    if words.len() > size {
        return -1;
    }
    // SAFETY: `buffer` has room for `size` octets, which `words` does not exceed.
    unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), buffer.cast(), words.len()) };
    words.len() as c_int
}
