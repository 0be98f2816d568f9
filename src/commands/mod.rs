//! One module for each command.

pub(crate) mod card;
pub(crate) mod compare;
pub(crate) mod curves;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod points;
pub(crate) mod predict;
pub(crate) mod serve;
pub(crate) mod signals;
pub(crate) mod simulate;
pub(crate) mod train;
