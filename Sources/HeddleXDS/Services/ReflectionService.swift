import GRPC
import XDS

/// gRPC's server reflection: what there is to call, and with which messages.
///
/// Source: `grpc.reflection.v1.ServerReflection`, "GRPC Server Reflection Protocol"; clients that
/// know only `v1alpha` are served the same.
struct ReflectionService: Sendable {
    /// The methods by path, for a server.
    var handlers: [String: GRPCServer.Handler] {
        let handler: GRPCServer.Handler = { call in
            let files = Files()
            while let message = try await call.receive() {
                let request = try message.decoded(as: ServerReflectionRequest.self)
                try await call.respond(
                    ServerReflectionResponse(
                        validHost: request.host, originalRequest: request,
                        answer: files.answer(request.query)))
            }
        }
        let method = "ServerReflection/ServerReflectionInfo"
        return [
            "/grpc.reflection.v1.\(method)": handler,
            "/grpc.reflection.v1alpha.\(method)": handler,
        ]
    }
}

/// The proto files, made for the one who asks: it is rare, and they are large.
private struct Files {
    private let byName: [String: DescriptorFile]
    private let bySymbol: [String: String]

    init() {
        let files = descriptorFiles(services: ServedServices.all)
        byName = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        bySymbol = Dictionary(
            files.flatMap { file in file.symbols.map { ($0, file.name) } },
            uniquingKeysWith: { first, _ in first })
    }

    func answer(_ query: ServerReflectionRequest.Query?) -> ServerReflectionResponse.Answer {
        switch query {
        case .fileByFilename(let name):
            return file(name)
        case .fileContainingSymbol(let symbol):
            guard let name = bySymbol[symbol] else { return notFound("no symbol \(symbol)") }
            return file(name)
        case .fileContainingExtension(let type, let number):
            return notFound("no extension \(number) of \(type)")
        case .allExtensionNumbersOfType(let type):
            guard bySymbol[type] != nil else { return notFound("no message \(type)") }
            return .extensionNumbers(baseType: type, numbers: [])
        case .listServices:
            return .services(ServedServices.all.map(\.fullName).sorted())
        case nil:
            return .error(
                code: Int32(GRPCStatus.Code.invalidArgument.rawValue),
                message: "the request asks nothing that is known")
        }
    }

    /// A file with all that it imports, so that one question is enough.
    private func file(_ name: String) -> ServerReflectionResponse.Answer {
        guard byName[name] != nil else { return notFound("no file \(name)") }
        var known: Set<String> = [name]
        var order = [name]
        var next = 0
        while next < order.count {
            for dependency in byName[order[next]]?.dependencies ?? []
            where known.insert(dependency).inserted {
                order.append(dependency)
            }
            next += 1
        }
        return .fileDescriptors(order.compactMap { byName[$0]?.encoded })
    }

    private func notFound(_ message: String) -> ServerReflectionResponse.Answer {
        .error(code: Int32(GRPCStatus.Code.notFound.rawValue), message: message)
    }
}
