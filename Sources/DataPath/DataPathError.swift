import Glibc

/// Why the data path cannot do what it was asked for.
package struct DataPathError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of error it is.
    package enum Code: Sendable, Equatable {
        /// A listener cannot be opened; its address is in the message.
        case cannotListen(listener: String)
        /// A certificate or an authority cannot be used; the secret or the place is in the
        /// message.
        case badCertificate(origin: String)
        /// The system refused something else.
        case system
        /// The data path was stopped.
        case stopped
    }

    /// What kind of error it is.
    package let code: Code
    /// What went wrong and where, for a person.
    package let message: String

    init(_ code: Code, _ message: String, errno: Int32? = nil) {
        self.code = code
        self.message = errno.map { "\(message): \(Self.text($0))" } ?? message
    }

    init(_ failure: TLSContext.Failure, of user: String) {
        code = .badCertificate(origin: failure.origin)
        message = "\(user): \(failure.origin): \(failure.reason)"
    }

    /// The message.
    package var description: String { message }

    /// Errors are equal when their codes are.
    package static func == (one: DataPathError, other: DataPathError) -> Bool {
        one.code == other.code
    }

    private static func text(_ errno: Int32) -> String {
        switch errno {
        case EADDRINUSE: "the address is in use"
        case EADDRNOTAVAIL: "the address is not one of this machine's"
        case EACCES, EPERM: "permission denied"
        case EMFILE, ENFILE: "too many open files"
        default: String(cString: strerror(errno))
        }
    }
}
