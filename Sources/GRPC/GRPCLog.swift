import CGRPC
import Synchronization

/// The gRPC core's own log. It is silent unless a handler is set or the environment variable
/// `GRPC_VERBOSITY` sends it to standard error.
public enum GRPCLog {
    /// One line of the core's log.
    public struct Entry: Sendable {
        /// How bad it is.
        public enum Severity: Int, Sendable {
            /// Of use to people who work on the core.
            case debug
            /// Of interest to an operator.
            case info
            /// Something failed.
            case error
        }

        /// How bad it is.
        public let severity: Severity
        /// What happened.
        public let message: String
        /// The core's source file and line.
        public let source: String
    }

    /// Sets who gets the log from now on, errors only; nil for nobody.
    ///
    /// - Parameter handler: called on any thread, at times with the core's locks held: it must not
    ///   block and must not use gRPC.
    public static func setHandler(_ handler: (@Sendable (Entry) -> Void)?) {
        logHandler.withLock { $0 = handler }
    }
}

private let logHandler = Mutex<(@Sendable (GRPCLog.Entry) -> Void)?>(nil)

/// The C library, started by the first queue. It stays up to the end of the process: its threads
/// may still be busy with the last connection, and a shutdown would only race with them.
enum Library {
    private static let started: Void = cgrpc_library_start(forwardLog)

    static func start() { _ = started }
}

private func forwardLog(
    _ severity: Int32, _ message: UnsafePointer<CChar>?, _ file: UnsafePointer<CChar>?,
    _ line: Int32
) {
    guard let handler = logHandler.withLock({ $0 }), let message, let file else { return }
    handler(
        GRPCLog.Entry(
            severity: GRPCLog.Entry.Severity(rawValue: Int(severity)) ?? .error,
            message: String(cString: message), source: "\(String(cString: file)):\(line)"))
}
