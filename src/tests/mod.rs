//! Tests inside a server. What fits one transaction is a `#[pg_test]`; what needs commits, several sessions or roles is a plain `#[test]` with a
//! database of its own.

mod stored;
mod surface;

#[cfg(test)]
mod classes;
#[cfg(test)]
mod compact;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod database;
#[cfg(test)]
mod handshake;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod preview;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod scope;
#[cfg(test)]
mod subscription;
#[cfg(test)]
mod transactions;
#[cfg(test)]
mod trust;
