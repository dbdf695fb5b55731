import Discovery
import Foundation
import Testing
import XDS

@testable import Agent

@Suite struct LastGoodFileTests {
    private let directory: URL
    private let file: LastGoodFile

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        file = LastGoodFile(directory: directory.path, namespace: "bookinfo", gateway: "proxy")
    }

    private let resources: [ResourceType: [String: DeltaClientStream.Entry]] = [
        .cluster: [
            "a": DeltaClientStream.Entry(
                version: "1", message: AnyMessage(packing: Cluster(name: "a")))
        ],
        .endpoints: [
            "a": DeltaClientStream.Entry(
                version: "2", message: AnyMessage(packing: ClusterLoadAssignment(clusterName: "a")))
        ],
    ]

    @Test func readsWhatItWrote() throws {
        try file.write(resources)
        let read = try #require(try file.read())
        #expect(read[.cluster]?["a"]?.version == "1")
        #expect(read[.endpoints]?["a"]?.version == "2")
        #expect(read[.cluster]?["a"]?.message == resources[.cluster]?["a"]?.message)
    }

    @Test func isNobodyElsesToRead() throws {
        _ = FileManager.default.createFile(
            atPath: file.path + ".new", contents: nil, attributes: [.posixPermissions: 0o644])
        try file.write(resources)
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func hasNothingBeforeTheFirstWrite() throws {
        #expect(try file.read() == nil)
    }

    @Test func saysThatADamagedFileIsDamaged() throws {
        try file.write(resources)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
        try bytes.dropLast(3).write(to: URL(fileURLWithPath: file.path))
        let failure = #expect(throws: LastGoodFile.Failure.self) { try file.read() }
        #expect(failure?.description.contains("is damaged") == true)
    }

    @Test func aFailedWriteLeavesTheFormerFile() throws {
        try file.write(resources)
        // A directory in the place of the temporary file makes the write fail, for root too.
        try FileManager.default.createDirectory(
            atPath: file.path + ".new", withIntermediateDirectories: false)
        #expect(throws: LastGoodFile.Failure.self) { try file.write([:]) }
        #expect(try file.read()?[.cluster]?["a"]?.version == "1")
    }
}
