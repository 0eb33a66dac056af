//! Strings in the Huffman code (RFC 7541 section 5.2): decoded by half octets, so that the table
//! fits the cache.

use super::codes::CODES;

/// What half an octet does to a decoder.
#[derive(Clone, Copy)]
struct Step {
    next: u8,
    symbol: u8,
    flags: u8,
}

/// The symbol is whole.
const EMITS: u8 = 1;
/// No code begins like this, or it is that of the end.
const FAILS: u8 = 2;
/// The string may end here: what is left is padding.
const ENDS: u8 = 4;

const END: usize = 256;

/// Nodes of the tree that are not leaves: one less than there are leaves.
const NODES: usize = 256;

/// The two ways on from a node: another node, or a symbol beyond [`NODES`].
type Tree = [[u16; 2]; NODES];

static STEPS: [[Step; 16]; NODES] = steps();

const fn tree() -> Tree {
    let mut tree = [[0; 2]; NODES];
    let mut used = 1;
    let mut symbol = 0;
    while symbol <= END {
        let (bits, code) = CODES[symbol];
        let mut node = 0;
        let mut at = bits;
        while at > 1 {
            at -= 1;
            let way = (code >> at & 1) as usize;
            if tree[node][way] == 0 {
                tree[node][way] = used;
                used += 1;
            }
            node = tree[node][way] as usize;
        }
        tree[node][(code & 1) as usize] = NODES as u16 + symbol as u16;
        symbol += 1;
    }
    assert!(used as usize == NODES);
    tree
}

const fn steps() -> [[Step; 16]; NODES] {
    let tree = tree();
    let ends = padding(&tree);
    let mut steps = [[Step { next: 0, symbol: 0, flags: 0 }; 16]; NODES];
    let mut node = 0;
    while node < NODES {
        let mut half = 0;
        while half < 16 {
            steps[node][half] = step(&tree, &ends, node, half);
            half += 1;
        }
        node += 1;
    }
    steps
}

const fn step(tree: &Tree, ends: &[bool; NODES], from: usize, half: usize) -> Step {
    let mut node = from;
    let mut step = Step { next: 0, symbol: 0, flags: 0 };
    let mut bit = 4;
    while bit > 0 {
        bit -= 1;
        let way = tree[node][half >> bit & 1] as usize;
        if way == NODES + END {
            step.flags = FAILS;
            return step;
        }
        if way >= NODES {
            step.symbol = (way - NODES) as u8;
            step.flags |= EMITS;
            node = 0;
        } else {
            node = way;
        }
    }
    step.next = node as u8;
    if ends[node] {
        step.flags |= ENDS;
    }
    step
}

/// Nodes that up to seven bits of the end's code lead to, which are all ones.
const fn padding(tree: &Tree) -> [bool; NODES] {
    let mut ends = [false; NODES];
    let mut node = 0;
    let mut depth = 0;
    while depth < 8 {
        ends[node] = true;
        node = tree[node][1] as usize;
        depth += 1;
    }
    ends
}

/// Appends what `code` stands for to `text`; `false` where it stands for nothing.
pub(super) fn decode(code: &[u8], text: &mut Vec<u8>) -> bool {
    text.reserve(code.len() * 8 / 5 + 1);
    let mut node = 0;
    let mut flags = ENDS;
    for octet in code {
        for half in [octet >> 4, octet & 15] {
            let step = &STEPS[usize::from(node)][usize::from(half)];
            if step.flags & EMITS != 0 {
                text.push(step.symbol);
            }
            if step.flags & FAILS != 0 {
                return false;
            }
            node = step.next;
            flags = step.flags;
        }
    }
    flags & ENDS != 0
}

/// Octets that `text` has in the code.
pub(super) fn length(text: &[u8]) -> usize {
    let bits: usize = text.iter().map(|&octet| usize::from(CODES[usize::from(octet)].0)).sum();
    bits.div_ceil(8)
}

/// Appends the code of `text` to `out`.
pub(super) fn encode(text: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut count) = (0_u64, 0_u32);
    for &octet in text {
        let (length, code) = CODES[usize::from(octet)];
        bits = bits << length | u64::from(code);
        count += u32::from(length);
        while count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    if count > 0 {
        out.push((bits << (8 - count)) as u8 | 0xff >> count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(code: &[u8]) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        decode(code, &mut text).then_some(text)
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let code = [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(decoded(&code).unwrap(), b"www.example.com");
        let mut out = Vec::new();
        encode(b"www.example.com", &mut out);
        assert_eq!(out, code);
        assert_eq!(decoded(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf]).unwrap(), b"no-cache");
    }

    #[test]
    fn every_octet_comes_back() {
        let text: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        let mut code = Vec::new();
        encode(&text, &mut code);
        assert_eq!(code.len(), length(&text));
        assert_eq!(decoded(&code).unwrap(), text);
    }

    #[test]
    fn padding_is_ones_and_less_than_an_octet() {
        assert_eq!(decoded(&[]).unwrap(), b"");
        // `0` is 00000, then three bits.
        assert_eq!(decoded(&[0b0000_0111]).unwrap(), b"0");
        assert_eq!(decoded(&[0b0000_0110]), None);
        assert_eq!(decoded(&[0b0000_0111, 0xff]), None);
        assert_eq!(decoded(&[0xff, 0xff, 0xff, 0xff]), None, "the code of the end itself");
    }
}
