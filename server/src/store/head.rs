//! The head record: how far the store has acknowledged, kept outside sled.
//!
//! sled repairs itself by forgetting what it cannot read. A database that has lost acknowledged changes must not be
//! served, so the sequence and the chain hash of the last group are also written to `head`, a file of two 64-byte
//! slots that are used in turn (a torn write spoils one slot only). The database may be ahead of the record, because
//! the record is written after the group is durable; it may never be behind, or differ at the same sequence.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::tally::RowHash;

const SLOT: usize = 64;
const MAGIC: &[u8; 8] = b"wxhead01";

/// Sequence and chain hash after some group of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) chain: [u8; 32],
}

/// A head on its way.
pub(super) struct NextHead {
    seq: u64,
    chain: Sha256,
}

impl NextHead {
    /// One row of the group, before and after it.
    pub(super) fn row(&mut self, old: Option<RowHash>, new: Option<RowHash>) {
        for hash in [old, new] {
            self.chain.update(hash.map_or([0; 16], RowHash::to_bytes));
        }
    }

    pub(super) fn head(self) -> Head {
        Head { seq: self.seq, chain: self.chain.finalize().into() }
    }
}

impl Head {
    /// The head after one more group, once it has been given the group's rows.
    pub(super) fn next(&self) -> NextHead {
        NextHead { seq: self.seq + 1, chain: Sha256::new().chain_update(self.chain) }
    }

    pub(super) fn to_bytes(self) -> [u8; 40] {
        let mut bytes = [0; 40];
        for (to, from) in bytes.iter_mut().zip(self.seq.to_be_bytes().into_iter().chain(self.chain))
        {
            *to = from;
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seq, chain) = bytes.split_first_chunk::<8>()?;
        Some(Self { seq: u64::from_be_bytes(*seq), chain: chain.try_into().ok()? })
    }
}

/// The open file.
#[derive(Debug)]
pub(super) struct HeadFile(File);

impl HeadFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        options.open(path).map(Self)
    }

    /// The newest whole slot, if any was ever written.
    pub(super) fn read(&self) -> io::Result<Option<Head>> {
        let mut newest: Option<Head> = None;
        for slot in 0..2 {
            let mut bytes = [0; SLOT];
            let filled = read_up_to(&self.0, &mut bytes, slot * SLOT as u64)?;
            if let Some(head) = bytes.get(..filled).and_then(parse) {
                newest = newest.filter(|newest| newest.seq >= head.seq).or(Some(head));
            }
        }
        Ok(newest)
    }

    /// Writes without waiting for the disk: the group itself is durable already.
    pub(super) fn write(&self, head: Head) -> io::Result<()> {
        self.0.write_all_at(&slot_bytes(head), (head.seq % 2) * SLOT as u64)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

fn slot_bytes(head: Head) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(head.to_bytes());
    bytes.extend(check_sum(&bytes));
    bytes.resize(SLOT, 0);
    bytes
}

fn parse(bytes: &[u8]) -> Option<Head> {
    let (content, rest) = bytes.split_at_checked(MAGIC.len() + 40)?;
    let good = content.starts_with(MAGIC) && rest.starts_with(&check_sum(content));
    if good { Head::from_bytes(content.get(MAGIC.len()..)?) } else { None }
}

fn check_sum(bytes: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    digest.first_chunk::<8>().copied().unwrap_or_default()
}

fn read_up_to(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}
