import AdminAPI
import ArgumentParser
import Foundation

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what heddled holds, who is connected, and what was refused and why.")

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, json
    }

    @OptionGroup var controlPlane: ControlPlaneOptions

    @Option(name: .shortAndLong, help: "table for people, json for programs.")
    var output = Output.table

    func run() async throws {
        let data = try await controlPlane.client.get("status")
        if output == .json {
            print(String(decoding: data, as: UTF8.self), terminator: "")
            return
        }
        let report: StatusReport
        do {
            report = try JSONDecoder().decode(StatusReport.self, from: data)
        } catch {
            throw Failure("\(controlPlane.address)/status is no heddled's: \(error)")
        }
        print(StatusText(report).text, terminator: "")
    }
}
