internal import CEnvoyAPI

// swift-format-ignore: the C names are longer than a line.
private enum C {
    typealias Request = Grpc__Reflection__V1__ServerReflectionRequest
    typealias Response = Grpc__Reflection__V1__ServerReflectionResponse
    static let filename =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME
    static let symbol =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL
    static let fileOfExtension =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION
    static let numbersOfType =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE
    static let listServices =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES
    static let files =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE
    static let numbers =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE
    static let services =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE
    static let error =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE
}

extension ServerReflectionRequest: CRepresentable {
    typealias CMessage = Grpc__Reflection__V1__ServerReflectionRequest

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        grpc__reflection__v1__server_reflection_request__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(host: String(message.host), query: Query(message))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.host = arena.text(host)
        query?.fill(&message, in: arena)
    }
}

extension ServerReflectionRequest: WireMessage {
    /// `grpc.reflection.v1.ServerReflectionRequest`.
    public static let messageName = "grpc.reflection.v1.ServerReflectionRequest"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension ServerReflectionRequest.Query {
    fileprivate init?(_ message: C.Request) {
        switch message.message_request_case {
        case C.filename: self = .fileByFilename(String(message.file_by_filename))
        case C.symbol: self = .fileContainingSymbol(String(message.file_containing_symbol))
        case C.fileOfExtension:
            guard let wanted = message.file_containing_extension?.pointee else { return nil }
            self = .fileContainingExtension(
                containingType: String(wanted.containing_type), number: wanted.extension_number)
        case C.numbersOfType:
            self = .allExtensionNumbersOfType(String(message.all_extension_numbers_of_type))
        case C.listServices: self = .listServices(String(message.list_services))
        default: return nil
        }
    }

    fileprivate func fill(_ message: inout C.Request, in arena: Arena) {
        switch self {
        case .fileByFilename(let name):
            message.message_request_case = C.filename
            message.file_by_filename = arena.text(name)
        case .fileContainingSymbol(let symbol):
            message.message_request_case = C.symbol
            message.file_containing_symbol = arena.text(symbol)
        case .fileContainingExtension(let type, let number):
            message.message_request_case = C.fileOfExtension
            message.file_containing_extension = arena.cMessage(
                grpc__reflection__v1__extension_request__init
            ) {
                $0.containing_type = arena.text(type)
                $0.extension_number = number
            }
        case .allExtensionNumbersOfType(let type):
            message.message_request_case = C.numbersOfType
            message.all_extension_numbers_of_type = arena.text(type)
        case .listServices(let text):
            message.message_request_case = C.listServices
            message.list_services = arena.text(text)
        }
    }
}

extension ServerReflectionResponse: CRepresentable {
    typealias CMessage = Grpc__Reflection__V1__ServerReflectionResponse

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        grpc__reflection__v1__server_reflection_response__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            validHost: String(message.valid_host),
            originalRequest: try arena.read(message.original_request, "original_request"),
            answer: Answer(message))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.valid_host = arena.text(validHost)
        message.original_request = originalRequest?.make(in: arena)
        answer?.fill(&message, in: arena)
    }
}

extension ServerReflectionResponse: WireMessage {
    /// `grpc.reflection.v1.ServerReflectionResponse`.
    public static let messageName = "grpc.reflection.v1.ServerReflectionResponse"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension ServerReflectionResponse.Answer {
    fileprivate init?(_ message: C.Response) {
        switch message.message_response_case {
        case C.files:
            guard let files = message.file_descriptor_response?.pointee else { return nil }
            self = .fileDescriptors(
                (0..<files.n_file_descriptor_proto).map { [UInt8](files.file_descriptor_proto[$0]) }
            )
        case C.numbers:
            guard let found = message.all_extension_numbers_response?.pointee else { return nil }
            self = .extensionNumbers(
                baseType: String(found.base_type_name),
                numbers: (0..<found.n_extension_number).map { found.extension_number[$0] })
        case C.services:
            guard let list = message.list_services_response?.pointee else { return nil }
            self = .services((0..<list.n_service).map { String(list.service[$0]?.pointee.name) })
        case C.error:
            guard let error = message.error_response?.pointee else { return nil }
            self = .error(code: error.error_code, message: String(error.error_message))
        default: return nil
        }
    }

    fileprivate func fill(_ message: inout C.Response, in arena: Arena) {
        switch self {
        case .fileDescriptors(let files):
            message.message_response_case = C.files
            message.file_descriptor_response = arena.cMessage(
                grpc__reflection__v1__file_descriptor_response__init
            ) {
                $0.n_file_descriptor_proto = files.count
                $0.file_descriptor_proto = arena.values(files) { arena.data($0) }
            }
        case .extensionNumbers(let baseType, let numbers):
            message.message_response_case = C.numbers
            message.all_extension_numbers_response = arena.cMessage(
                grpc__reflection__v1__extension_number_response__init
            ) {
                $0.base_type_name = arena.text(baseType)
                $0.n_extension_number = numbers.count
                $0.extension_number = arena.values(numbers) { $0 }
            }
        case .services(let names):
            message.message_response_case = C.services
            message.list_services_response = arena.cMessage(
                grpc__reflection__v1__list_service_response__init
            ) {
                $0.n_service = names.count
                $0.service = arena.list(names) { name in
                    arena.cMessage(grpc__reflection__v1__service_response__init) {
                        $0.name = arena.text(name)
                    }
                }
            }
        case .error(let code, let text):
            message.message_response_case = C.error
            message.error_response = arena.cMessage(grpc__reflection__v1__error_response__init) {
                $0.error_code = code
                $0.error_message = arena.text(text)
            }
        }
    }
}
