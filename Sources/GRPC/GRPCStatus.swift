/// How a call ended; thrown by calls and by handlers.
public struct GRPCStatus: Error, Hashable, Sendable, CustomStringConvertible {
    /// A status code of the gRPC protocol; numbers outside its table are kept.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The number on the wire.
        public var rawValue: Int

        /// A code by its number.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Success.
        public static let ok = Code(rawValue: 0)
        /// The call was cancelled, usually by the caller.
        public static let cancelled = Code(rawValue: 1)
        /// An error that says nothing more.
        public static let unknown = Code(rawValue: 2)
        /// The request is wrong whatever the state of the server.
        public static let invalidArgument = Code(rawValue: 3)
        /// The deadline passed first.
        public static let deadlineExceeded = Code(rawValue: 4)
        /// What was asked for does not exist.
        public static let notFound = Code(rawValue: 5)
        /// What was to be created exists.
        public static let alreadyExists = Code(rawValue: 6)
        /// The caller may not do this.
        public static let permissionDenied = Code(rawValue: 7)
        /// A quota or a limit is used up, such as the size of a message.
        public static let resourceExhausted = Code(rawValue: 8)
        /// The server is not in the state that the call needs.
        public static let failedPrecondition = Code(rawValue: 9)
        /// A conflict with another caller.
        public static let aborted = Code(rawValue: 10)
        /// Past the valid range.
        public static let outOfRange = Code(rawValue: 11)
        /// The server has no such method.
        public static let unimplemented = Code(rawValue: 12)
        /// An invariant is broken.
        public static let `internal` = Code(rawValue: 13)
        /// No connection, or the server is going away; another try may work.
        public static let unavailable = Code(rawValue: 14)
        /// Data is lost for good.
        public static let dataLoss = Code(rawValue: 15)
        /// The caller is not known.
        public static let unauthenticated = Code(rawValue: 16)

        /// The name of the protocol's table, such as `NOT_FOUND`.
        public var description: String {
            names.indices.contains(rawValue) ? names[rawValue] : "CODE_\(rawValue)"
        }
    }

    /// What kind of end it is.
    public var code: Code
    /// What the server, or this library, says about it. Empty when there is nothing to say.
    public var message: String

    /// A status.
    public init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// `NOT_FOUND: no such listener`.
    public var description: String {
        message.isEmpty ? code.description : "\(code): \(message)"
    }
}

private let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
]
