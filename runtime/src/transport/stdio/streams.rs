//! Standard input and output as asynchronous streams.
//!
//! What clients connect is a pipe or a socket: those are waited for by the runtime, without a thread between. Terminals
//! and files go through the runtime's blocking threads, as does everything on other systems than Unix.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

pub(super) type Reader = Box<dyn AsyncRead + Send + Unpin>;
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// Both streams, and whether input is noticed by the runtime's driver.
pub(super) struct Streams {
    pub(super) reader: Reader,
    pub(super) writer: Writer,
    pub(super) driven: bool,
}

/// Opens both streams.
pub(super) fn open() -> io::Result<Streams> {
    let reader = direct::reader()?;
    let driven = reader.is_some();
    Ok(Streams {
        reader: reader.unwrap_or_else(|| Box::new(tokio::io::stdin())),
        writer: direct::writer()?.unwrap_or_else(|| Box::new(tokio::io::stdout())),
        driven,
    })
}

#[cfg(unix)]
mod direct {
    use std::fs::{File, Metadata};
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    use std::os::unix::net::UnixStream as Socket;

    use tokio::net::{UnixStream, unix::pipe};

    use super::{Reader, Writer};

    pub(super) fn reader() -> io::Result<Option<Reader>> {
        let (fd, metadata) = duplicate(io::stdin())?;
        Ok(if metadata.file_type().is_fifo() {
            Some(Box::new(pipe::Receiver::from_owned_fd(fd)?))
        } else {
            socket(fd, &metadata)?.map(|socket| Box::new(socket) as Reader)
        })
    }

    pub(super) fn writer() -> io::Result<Option<Writer>> {
        let (fd, metadata) = duplicate(io::stdout())?;
        // Waiting without blocking is a property of the open file, not of the descriptor: where standard error writes
        // to the same one, it must not become non-blocking, for logs would be lost.
        let (_, stderr) = duplicate(io::stderr())?;
        if (metadata.dev(), metadata.ino()) == (stderr.dev(), stderr.ino()) {
            return Ok(None);
        }
        Ok(if metadata.file_type().is_fifo() {
            Some(Box::new(pipe::Sender::from_owned_fd(fd)?))
        } else {
            socket(fd, &metadata)?.map(|socket| Box::new(socket) as Writer)
        })
    }

    fn duplicate(stream: impl AsFd) -> io::Result<(OwnedFd, Metadata)> {
        let file = File::from(stream.as_fd().try_clone_to_owned()?);
        let metadata = file.metadata()?;
        Ok((file.into(), metadata))
    }

    /// A local socket, which is what Node.js connects. Other kinds of sockets answer `EINVAL` or have no local address.
    fn socket(fd: OwnedFd, metadata: &Metadata) -> io::Result<Option<UnixStream>> {
        if !metadata.file_type().is_socket() {
            return Ok(None);
        }
        let socket = Socket::from(fd);
        if socket.local_addr().is_err() {
            return Ok(None);
        }
        socket.set_nonblocking(true)?;
        UnixStream::from_std(socket).map(Some)
    }
}

#[cfg(not(unix))]
mod direct {
    use std::io;

    use super::{Reader, Writer};

    pub(super) fn reader() -> io::Result<Option<Reader>> {
        Ok(None)
    }

    pub(super) fn writer() -> io::Result<Option<Writer>> {
        Ok(None)
    }
}
