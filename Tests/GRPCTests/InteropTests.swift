import Foundation
import GRPC
import Glibc
import Testing

extension GRPCSuite {
    /// Against grpcio, another wrapper of another version of the core.
    @Suite(.timeLimit(.minutes(1))) struct InteropTests {
        @Test func pythonClientOfOurServer() async throws {
            let script = """
                import grpc, sys
                channel = grpc.insecure_channel("127.0.0.1:" + sys.argv[1])
                unary = channel.unary_unary("/test/Echo")
                stream = channel.stream_stream("/test/Echo")
                for size in (0, 1, 1000, 65536, 3000000):
                    data = bytes(i % 251 for i in range(size))
                    reply, call = unary.with_call(data, metadata=(("x-a", "b"), ("c-bin", b"\\x00\\xff")))
                    assert reply == data, size
                    assert ("x-a", "b") in call.initial_metadata(), call.initial_metadata()
                    assert ("c-bin", b"\\x00\\xff") in call.trailing_metadata()
                assert list(stream(iter([b"1", b"2", b"3"]))) == [b"1", b"2", b"3"]
                try:
                    channel.unary_unary("/test/Fail")(b"")
                    sys.exit("no error")
                except grpc.RpcError as error:
                    assert error.code() == grpc.StatusCode.ABORTED and error.details() == "wörds"
                call = stream(iter(lambda: b"x", None))
                next(call)
                call.cancel()
                print("done")
                """
            let output = try await withServer { call in
                if call.path == "/test/Fail" { throw GRPCStatus(.aborted, "wörds") }
                if let text = call.metadata["x-a"] { call.initialMetadata["x-a"] = text }
                if let bytes = call.metadata.bytes("c-bin") {
                    call.trailingMetadata.add("c-bin", bytes: bytes)
                }
                try await echo(call)
            } _: { _, port in
                try Python.start(script, "\(port)").output()
            }
            #expect(output == "done\n")
        }

        @Test func keepaliveEndsTheCallOfAFrozenClient() async throws {
            let script = """
                import grpc, sys
                channel = grpc.insecure_channel("127.0.0.1:" + sys.argv[1])
                call = channel.stream_stream("/test/Echo")(iter(lambda: sys.stdin.read(1), ""))
                list(call)
                """
            var configuration = GRPCServerConfiguration(
                keepalive: GRPCKeepalive(interval: .milliseconds(200), timeout: .milliseconds(200)))
            configuration.shutdownGrace = .zero
            let (arrived, ended) = (Event(), Event())
            try await withServer(configuration) { call in
                arrived.signal()
                do { while try await call.receive() != nil {} } catch { ended.signal() }
            } _: { _, port in
                let python = try Python.start(script, "\(port)")
                await arrived.wait()
                python.freeze()
                await ended.wait()
                python.kill()
            }
        }

        @Test func ourClientOfAPythonServer() async throws {
            let script = """
                import grpc, sys
                from concurrent import futures
                def echo(requests, context):
                    sent = dict(context.invocation_metadata())
                    context.set_trailing_metadata((("x-sent", sent.get("x-a", "")),))
                    for request in requests:
                        if request == b"fail":
                            context.abort(grpc.StatusCode.DATA_LOSS, "lost")
                        yield request
                class Handler(grpc.GenericRpcHandler):
                    def service(self, details):
                        if details.method == "/test/Echo":
                            return grpc.stream_stream_rpc_method_handler(echo)
                server = grpc.server(futures.ThreadPoolExecutor(4), handlers=(Handler(),))
                print(server.add_insecure_port("127.0.0.1:0"), flush=True)
                server.start()
                sys.stdin.read()
                server.stop(0).wait()
                """
            let python = try Python.start(script)
            let port = try python.readLine()
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            for size in [0, 1, 1000, 65536, 3_000_000] {
                let bytes = (0..<size).map { UInt8($0 % 251) }
                let reply = try await channel.unary("/test/Echo", GRPCMessage(copying: bytes))
                #expect(reply.bytes == bytes)
            }
            try await channel.withCall("/test/Echo", metadata: ["x-a": "b"]) { call in
                for text in ["1", "2"] {
                    try await call.send(GRPCMessage(text))
                    #expect(try await call.receive()?.text == text)
                }
                try await call.send(GRPCMessage("fail"))
                let status = try await thrownStatus { _ = try await call.receive() }
                #expect(status == GRPCStatus(.dataLoss, "lost"))
                #expect(call.trailingMetadata["x-sent"] == "b")
            }
            let unknown = try await thrownStatus {
                _ = try await channel.unary("/test/Other", GRPCMessage(""))
            }
            #expect(unknown?.code == .unimplemented)
            channel.close()
            _ = try python.output()
        }
    }
}

/// A Python interpreter with grpcio, running a script.
private struct Python {
    private let process = Process()
    private let input = Pipe()
    private let standardOutput = Pipe()

    /// - Throws: when `make test-tools` has not been run.
    static func start(_ script: String, _ arguments: String...) throws -> Python {
        guard let interpreter = ProcessInfo.processInfo.environment["HEDDLE_TEST_PYTHON"] else {
            throw GRPCStatus(
                .failedPrecondition,
                "HEDDLE_TEST_PYTHON names no Python with grpcio: run `make test-tools`, then "
                    + "`make test`")
        }
        let python = Python()
        python.process.executableURL = URL(fileURLWithPath: interpreter)
        python.process.arguments = ["-c", script] + arguments
        python.process.standardInput = python.input
        python.process.standardOutput = python.standardOutput
        try python.process.run()
        return python
    }

    /// Stops it without closing its sockets.
    func freeze() { _ = process.suspend() }

    /// Ends it, frozen or not.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The next line of its output.
    func readLine() throws -> String {
        var line = ""
        while let byte = try standardOutput.fileHandleForReading.read(upToCount: 1)?.first,
            byte != UInt8(ascii: "\n")
        {
            line.unicodeScalars.append(Unicode.Scalar(byte))
        }
        return line
    }

    /// Closes its input, waits for its end, and returns the rest of its output.
    func output() throws -> String {
        try input.fileHandleForWriting.close()
        let text = standardOutput.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw GRPCStatus(.internal, "Python ended with \(process.terminationStatus)")
        }
        return String(decoding: text, as: UTF8.self)
    }
}
