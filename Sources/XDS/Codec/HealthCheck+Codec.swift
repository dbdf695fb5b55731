internal import CEnvoyAPI

extension HealthCheckRequest: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Grpc__Health__V1__HealthCheckRequest>) {
        grpc__health__v1__health_check_request__init(message)
    }

    init(_ message: Grpc__Health__V1__HealthCheckRequest, in arena: Arena) throws(XDSError) {
        self.init(service: String(message.service))
    }

    func fill(_ message: inout Grpc__Health__V1__HealthCheckRequest, in arena: Arena) {
        message.service = arena.text(service)
    }
}

extension HealthCheckRequest: WireMessage {
    /// `grpc.health.v1.HealthCheckRequest`.
    public static let messageName = "grpc.health.v1.HealthCheckRequest"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension HealthCheckResponse: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Grpc__Health__V1__HealthCheckResponse>) {
        grpc__health__v1__health_check_response__init(message)
    }

    init(_ message: Grpc__Health__V1__HealthCheckResponse, in arena: Arena) throws(XDSError) {
        guard let status = ServingStatus(rawValue: message.status.rawValue) else {
            throw .unknownValue(message.status.rawValue, of: "status")
        }
        self.init(status: status)
    }

    func fill(_ message: inout Grpc__Health__V1__HealthCheckResponse, in arena: Arena) {
        message.status = .init(rawValue: status.rawValue)
    }
}

extension HealthCheckResponse: WireMessage {
    /// `grpc.health.v1.HealthCheckResponse`.
    public static let messageName = "grpc.health.v1.HealthCheckResponse"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension HealthListRequest: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Grpc__Health__V1__HealthListRequest>) {
        grpc__health__v1__health_list_request__init(message)
    }

    init(_ message: Grpc__Health__V1__HealthListRequest, in arena: Arena) throws(XDSError) {
        self.init()
    }

    func fill(_ message: inout Grpc__Health__V1__HealthListRequest, in arena: Arena) {}
}

extension HealthListRequest: WireMessage {
    /// `grpc.health.v1.HealthListRequest`.
    public static let messageName = "grpc.health.v1.HealthListRequest"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension HealthListResponse: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Grpc__Health__V1__HealthListResponse>) {
        grpc__health__v1__health_list_response__init(message)
    }

    init(_ message: Grpc__Health__V1__HealthListResponse, in arena: Arena) throws(XDSError) {
        self.init()
        for index in 0..<message.n_statuses {
            guard let entry = message.statuses[index]?.pointee else { continue }
            let service = String(entry.key)
            statuses[service] =
                try arena.read(entry.value, "statuses[\"\(service)\"]")
                ?? HealthCheckResponse(status: .unknown)
        }
    }

    func fill(_ message: inout Grpc__Health__V1__HealthListResponse, in arena: Arena) {
        message.n_statuses = statuses.count
        message.statuses = arena.entries(
            statuses, grpc__health__v1__health_list_response__statuses_entry__init
        ) {
            $0.key = $1
            $0.value = $2.make(in: arena)
        }
    }
}

extension HealthListResponse: WireMessage {
    /// `grpc.health.v1.HealthListResponse`.
    public static let messageName = "grpc.health.v1.HealthListResponse"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}
