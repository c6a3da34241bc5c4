//! All of sealgate but its program. The program (`src/main.rs`) hands over the environment, the clock, and octocrab; everything here is
//! for it alone.

mod aws;
mod called_off;
mod ci;
mod cli;
mod clock;
mod command;
mod config;
mod context;
mod deploy;
mod document;
mod duration;
mod env;
mod error;
mod evidence;
mod exit_code;
mod files;
mod gate;
mod github;
mod images;
mod loopback;
mod output;
mod parallel;
mod pin;
mod process;
mod progress;
#[cfg(test)]
mod readme;
mod reference;
mod registry;
mod report;
mod run;
mod secrets;
mod signals;
mod signer;
mod signing;
mod transport;
mod verification;

pub use self::github::{Failure, Open, Requests, Sending};
pub use self::run::{World, run};
