import GRPC
import Testing

extension GRPCSuite {
    @Suite struct GRPCStatusTests {
        @Test func saysItsCodeByName() {
            #expect("\(GRPCStatus(.notFound, "no such listener"))" == "NOT_FOUND: no such listener")
            #expect("\(GRPCStatus(.ok))" == "OK")
            #expect("\(GRPCStatus(.init(rawValue: 99)))" == "CODE_99")
        }
    }
}
