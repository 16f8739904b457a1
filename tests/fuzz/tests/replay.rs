//! Every target takes its seeds, each of them cut and changed in a few thousand ways: the same ways each time.

use std::path::Path;
use std::time::{Duration, Instant};

use mcpgen_fuzz::TARGETS;

const AT_MOST: Duration = Duration::from_secs(60);

/// A generator of numbers that are the same each time (xorshift64*; Vigna 2016).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no seeds", folder.display());
    paths.iter().map(|path| std::fs::read(path).expect("a file")).collect()
}

/// One to four small changes: bytes replaced, removed, repeated, or taken from another seed.
fn change(numbers: &mut Numbers, input: &mut Vec<u8>, others: &[Vec<u8>]) {
    const INTERESTING: &[u8] = b"\0\n\r\t \"\\/{}[]:,-.0129eEtfn~\x7f\x80\xc3\xff";
    for _ in 0..=numbers.below(4) {
        let (at, length) = (numbers.below(input.len()), numbers.below(16));
        let end = at.saturating_add(length).min(input.len());
        match numbers.below(5) {
            0 if !input.is_empty() => input[at] = INTERESTING[numbers.below(INTERESTING.len())],
            1 => input.insert(at, INTERESTING[numbers.below(INTERESTING.len())]),
            2 => drop(input.drain(at..end)),
            3 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            _ => {
                let other = &others[numbers.below(others.len())];
                let from = numbers.below(other.len());
                let to = from.saturating_add(numbers.below(64)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
}

#[test]
fn targets_take_their_seeds_and_what_is_made_of_them() {
    for target in TARGETS {
        let seeds = seeds(target.name);
        let began = Instant::now();
        for seed in &seeds {
            (target.run)(seed);
        }
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        let mut ran = 0;
        while ran < target.changed && began.elapsed() < AT_MOST {
            let mut input = seeds[ran % seeds.len()].clone();
            change(&mut numbers, &mut input, &seeds);
            (target.run)(&input);
            ran += 1;
        }
        println!("{}: {} seeds, {ran} changed inputs in {:?}", target.name, seeds.len(), began.elapsed());
        assert!(ran >= target.changed / 20, "{} is too slow to be of use", target.name);
    }
}
