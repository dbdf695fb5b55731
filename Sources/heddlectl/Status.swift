import AdminAPI
import ArgumentParser
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what heddled holds, who is connected, and what was refused and why.")

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, json
    }

    @Option(help: "The control plane's admin address.")
    var address = "http://127.0.0.1:15014"

    @Option(name: .shortAndLong, help: "table for people, json for programs.")
    var output = Output.table

    func run() async throws {
        let data = try await fetch()
        if output == .json {
            print(String(decoding: data, as: UTF8.self), terminator: "")
            return
        }
        let report: StatusReport
        do {
            report = try JSONDecoder().decode(StatusReport.self, from: data)
        } catch {
            throw Failure("\(address)/status is no heddled's: \(error)")
        }
        print(StatusText(report).text, terminator: "")
    }

    private func fetch() async throws -> Data {
        guard let url = URL(string: address + "/status"), url.scheme?.hasPrefix("http") == true
        else {
            throw ValidationError("--address \(address) is no URL; write http://HOST:PORT")
        }
        do {
            let (data, response) = try await URLSession.shared.data(from: url)
            let status = (response as? HTTPURLResponse)?.statusCode ?? 0
            guard status == 200 else { throw Failure("\(url) answered \(status)") }
            return data
        } catch let error as URLError {
            throw Failure(
                "no heddled at \(address): \(error.localizedDescription); start it, or name its "
                    + "admin address with --address")
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
