//! The bytes of a bundle.
//!
//! ```text
//! 8 bytes   LEADSCRB
//! u32       format version
//! u64       length of the manifest
//! 32 bytes  BLAKE3 of the manifest
//! manifest  JSON: name, version, and for each section its name, length and BLAKE3
//! sections  one after the other, JSON but for the ledger, the card and the
//!           uncertainty, and nothing after the last
//! ```
//!
//! Numbers are little-endian. No clock enters, so the same bundle is the same bytes.

use leadscore_features::{Catalogue, Schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Bundle, Ledger, ProbabilityBands, Training, card};
use crate::{Fitted, Uncertainty};

/// The format that this build writes, and the newest that it reads. 4: a calibration and a base rate as
/// parts of a score, the model card, how sure coefficients are. 3: numbers in steps, and pairs
/// of signals; the factor on learnt strengths. 2: signals over events, and how
/// these are read. 1: flat tables; still read.
pub const FORMAT_VERSION: u32 = 4;

const MAGIC: &[u8; 8] = b"LEADSCRB";
const HEADER: usize = 8 + 4 + 8 + 32;

/// Why bytes are not a bundle that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The bytes do not begin as a bundle does.
    #[error("this is not a leadscore bundle; make one with `leadscore train`")]
    NotABundle,
    /// Written by a later version.
    #[error(
        "this bundle has format {found}, and this leadscore reads formats up to {FORMAT_VERSION}; \
         use a newer leadscore, or train again"
    )]
    Newer {
        /// The format found.
        found: u32,
    },
    /// The file ends early.
    #[error("this bundle is cut short: {missing} of its bytes are missing; copy it again")]
    CutShort {
        /// How many bytes are missing at least.
        missing: usize,
    },
    /// A part does not have the checksum that the manifest gives.
    #[error("this bundle is damaged: its {part} does not match its checksum; copy it again")]
    Damaged {
        /// The part.
        part: String,
    },
    /// The checksums hold, but the content makes no sense to this version.
    #[error("this bundle cannot be used: {problem}")]
    Content {
        /// What is wrong.
        problem: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    /// The format again, since format 3: the checksum of the manifest then covers it too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    format: Option<u32>,
    name: String,
    version: String,
    sections: Vec<Section>,
}

#[derive(Serialize, Deserialize)]
struct Section {
    name: String,
    length: u64,
    blake3: String,
}

impl Bundle {
    /// The bundle as bytes. Equal bundles give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut sections: Vec<(&str, Vec<u8>)> = vec![
            ("schema", json(&self.schema)),
            ("signals", json(&self.catalogue)),
            ("model", json(&self.model)),
            ("bands", json(&self.bands)),
            ("evaluated", json(&self.evaluated)),
            ("training", json(&self.training)),
            ("card", self.card.clone().into_bytes()),
            ("ledger", self.ledger.to_bytes()),
        ];
        if let Some(uncertainty) = &self.model.uncertainty {
            sections.push(("uncertainty", uncertainty.to_bytes()));
        }
        let manifest = json(&Manifest {
            format: Some(FORMAT_VERSION),
            name: self.name.clone(),
            version: self.version.clone(),
            sections: sections
                .iter()
                .map(|(name, bytes)| Section {
                    name: (*name).to_owned(),
                    length: bytes.len() as u64,
                    blake3: blake3::hash(bytes).to_hex().to_string(),
                })
                .collect(),
        });
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&(manifest.len() as u64).to_le_bytes());
        out.extend_from_slice(blake3::hash(&manifest).as_bytes());
        out.extend_from_slice(&manifest);
        for (_, bytes) in sections {
            out.extend_from_slice(&bytes);
        }
        out
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// [`BundleError`] when the bytes are not one, come from a later version, are cut short or
    /// were changed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        let (manifest, rest) = open(bytes)?;
        let section = |name: &str| -> Result<&[u8], BundleError> {
            let found = manifest.sections.iter().find(|section| section.name == name);
            let section = found.ok_or_else(|| content(format!("it has no section {name:?}")))?;
            let start = manifest
                .sections
                .iter()
                .take_while(|other| other.name != name)
                .map(|other| other.length as usize)
                .sum::<usize>();
            let part = &rest[start..start + section.length as usize];
            if blake3::hash(part).to_hex().as_str() != section.blake3 {
                return Err(BundleError::Damaged { part: format!("section {name:?}") });
            }
            Ok(part)
        };
        let training = parse::<Training>("training", section("training")?)?;
        let bands = parse::<ProbabilityBands>("bands", section("bands")?)?;
        let has = |name: &str| manifest.sections.iter().any(|section| section.name == name);
        let uncertainty = if has("uncertainty") {
            let found = Uncertainty::from_bytes(section("uncertainty")?);
            Some(found.ok_or_else(|| content("its uncertainty is not readable".to_owned()))?)
        } else {
            None
        };
        // Bundles from before there were cards have what one is made of.
        let card = if has("card") {
            String::from_utf8(section("card")?.to_vec())
                .map_err(|_| content("its card is not UTF-8".to_owned()))?
        } else {
            card(&manifest.name, &manifest.version, bands, &training)
        };
        let bundle = Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            schema: parse::<Schema>("schema", section("schema")?)?,
            catalogue: parse::<Catalogue>("signals", section("signals")?)?,
            model: Fitted { uncertainty, ..parse::<Fitted>("model", section("model")?)? },
            bands,
            evaluated: parse::<Fitted>("evaluated", section("evaluated")?)?,
            training,
            card,
            ledger: Ledger::from_bytes(section("ledger")?)
                .ok_or_else(|| content("its ledger is not readable".to_owned()))?,
        };
        for (name, fitted) in [("model", &bundle.model), ("evaluated", &bundle.evaluated)] {
            if !fitted.is_consistent() {
                return Err(content(format!("the weights of its {name} do not match its encoder")));
            }
        }
        Ok(bundle)
    }
}

/// The manifest, checked, and the bytes of all sections, of the length it states.
fn open(bytes: &[u8]) -> Result<(Manifest, &[u8]), BundleError> {
    if bytes.len() < MAGIC.len() || !bytes.starts_with(MAGIC) {
        return Err(match MAGIC.strip_prefix(bytes) {
            Some(missing) if !bytes.is_empty() => BundleError::CutShort { missing: missing.len() },
            _ => BundleError::NotABundle,
        });
    }
    let fixed = |from: usize, to: usize| {
        bytes
            .get(from..to)
            .ok_or_else(|| BundleError::CutShort { missing: HEADER.saturating_sub(bytes.len()) })
    };
    let version = fixed(8, 12)?.iter().rev().fold(0u32, |n, &b| n << 8 | u32::from(b));
    if version > FORMAT_VERSION {
        return Err(BundleError::Newer { found: version });
    }
    if version == 0 {
        return Err(BundleError::Damaged { part: "header".to_owned() });
    }
    let length = fixed(12, 20)?.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
    let checksum = fixed(20, HEADER)?;
    let body = &bytes[HEADER..];
    let short = |needed: u64, have: usize| BundleError::CutShort {
        missing: usize::try_from(needed - have as u64).unwrap_or(usize::MAX),
    };
    if length > body.len() as u64 {
        return Err(short(length, body.len()));
    }
    let (manifest, rest) = body.split_at(length as usize);
    if blake3::hash(manifest).as_bytes() != checksum {
        return Err(BundleError::Damaged { part: "manifest".to_owned() });
    }
    let manifest: Manifest = parse("manifest", manifest)?;
    if manifest.format.unwrap_or(version.min(2)) != version {
        return Err(BundleError::Damaged { part: "header".to_owned() });
    }
    let total = manifest.sections.iter().try_fold(0u64, |sum, s| sum.checked_add(s.length));
    match total {
        None => Err(BundleError::Damaged { part: "manifest".to_owned() }),
        Some(total) if total > rest.len() as u64 => Err(short(total, rest.len())),
        Some(total) if total < rest.len() as u64 => Err(BundleError::Damaged {
            part: "end, which has bytes that belong to no section,".to_owned(),
        }),
        Some(_) => Ok((manifest, rest)),
    }
}

fn content(problem: String) -> BundleError {
    BundleError::Content { problem }
}

fn parse<T: DeserializeOwned>(part: &str, bytes: &[u8]) -> Result<T, BundleError> {
    serde_json::from_slice(bytes).map_err(|e| content(format!("its {part} cannot be read: {e}")))
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    // Serialising plain structs to memory fails only for maps with keys that are not strings and
    // for types whose `Serialize` fails; the bundle has neither. Finite numbers are checked where
    // they are made; one that is not would be written as null and refused when read.
    serde_json::to_vec(value).unwrap_or_default()
}
