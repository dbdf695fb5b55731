import AdminAPI
import ArgumentParser
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Where the control plane is that a command asks.
struct ControlPlaneOptions: ParsableArguments {
    @Option(help: "The control plane's admin address.")
    var address = "http://127.0.0.1:15014"

    /// The control plane.
    var client: AdminClient { AdminClient(address: address) }
}

/// How something is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, yaml

    /// The text of a value in one of the formats for programs, or what `table` makes.
    func text(_ value: JSON, table: () throws -> String) rethrows -> String {
        switch self {
        case .table: try table()
        case .json: value.prettyText
        case .yaml: value.yamlText
        }
    }
}

/// Something that did not work, for a person.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Talks to the admin port of a control plane.
struct AdminClient {
    let address: String

    /// The body of a page.
    ///
    /// - Throws: ``Failure`` where nobody answers, or the answer is another than 200.
    func get(_ path: String...) async throws -> Data {
        let (status, body) = try await send("GET", path)
        guard status == 200 else { throw Self.failure(status, body) }
        return body
    }

    /// The body of a page as JSON.
    ///
    /// - Throws: ``Failure``, also where the body is no JSON.
    func json(_ path: String...) async throws -> JSON {
        try await json(path)
    }

    /// The body of a page as JSON.
    ///
    /// - Throws: ``Failure``, also where the body is no JSON.
    func json(_ path: [String]) async throws -> JSON {
        let (status, body) = try await send("GET", path)
        guard status == 200 else { throw Self.failure(status, body) }
        do {
            return try JSON(body)
        } catch {
            throw Failure("\(address) is no heddled's: its answer is no JSON (\(error))")
        }
    }

    /// Makes a request; the answer may be of any status.
    ///
    /// - Parameter path: The segments of the path, not yet percent-encoded.
    /// - Throws: ``Failure`` where nobody answers.
    func send(
        _ method: String, _ path: [String], body: Data? = nil
    ) async throws -> (status: Int, body: Data) {
        let base = address.hasSuffix("/") ? String(address.dropLast()) : address
        let target = base + path.map { "/" + Self.percentEncoded($0) }.joined()
        guard let url = URL(string: target), url.scheme?.hasPrefix("http") == true else {
            throw ValidationError("--address \(address) is no URL; write http://HOST:PORT")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        if body != nil {
            request.setValue("application/json", forHTTPHeaderField: "content-type")
        }
        do {
            let (data, response) = try await URLSession.shared.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, data)
        } catch let error as URLError {
            throw Failure(
                "no heddled at \(address): \(error.localizedDescription); start it, or name its "
                    + "admin address with --address")
        }
    }

    /// What an answer of another status than 200 says.
    static func failure(_ status: Int, _ body: Data) -> Failure {
        if let refusal = try? JSONDecoder().decode(SnapshotRefusal.self, from: body) {
            return Failure(refusal.errors.joined(separator: "\n"))
        }
        let text = String(decoding: body, as: UTF8.self)
        return Failure("heddled answered \(status): \(text.trimmingCharacters(in: .newlines))")
    }

    /// A text as one segment of a path (RFC 3986 §2.3).
    static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let character = Character(Unicode.Scalar(byte))
            let isUnreserved =
                byte < 0x80
                && (character.isLetter || character.isNumber || "-._~".contains(character))
            let digits = String(byte, radix: 16, uppercase: true)
            encoded += isUnreserved ? String(character) : "%" + (byte < 16 ? "0" : "") + digits
        }
        return encoded
    }
}
