import Testing

@testable import GRPC

extension GRPCSuite {
    /// The two halves of a call, without a call: events in, actions out.
    @Suite struct SideTests {
        @Test func abandonedReceiveKeepsItsMessageForTheNextReader() {
            var side = ReceiveSide<String>()
            #expect(side.receive("first", id: 1).isStart)
            #expect(side.abandon(id: 2) == nil)
            #expect(side.abandon(id: 1) == "first")
            #expect(side.abandon(id: 1) == nil)
            #expect(side.completed(.message(GRPCMessage("kept"))) == nil)
            guard case .resume("second", .message(let message)) = side.receive("second", id: 2)
            else {
                Issue.record("the message was lost")
                return
            }
            #expect(message.text == "kept")
            #expect(side.receive("third", id: 3).isStart)
        }

        @Test func nextReaderTakesOverTheOperationInFlight() {
            var side = ReceiveSide<String>()
            _ = side.receive("first", id: 1)
            _ = side.abandon(id: 1)
            guard case .wait = side.receive("second", id: 2) else {
                Issue.record("a second operation was started")
                return
            }
            #expect(side.completed(.end) == "second")
        }

        @Test func theEndIsForEveryLaterReader() {
            var side = ReceiveSide<String>()
            _ = side.receive("first", id: 1)
            #expect(side.completed(.end) == "first")
            for id in 2...3 as ClosedRange<UInt64> {
                guard case .resume(_, .end) = side.receive("later", id: id) else {
                    Issue.record("the end was forgotten")
                    return
                }
            }
        }

        @Test func nothingButTheEndFollowsAnAbandonedSend() {
            var side = SendSide<String>()
            #expect(side.send("first", id: 1) == nil)
            #expect(side.abandon(id: 1) == "first")
            #expect(side.send("second", id: 2) == .abandoned)
            #expect(side.end("end", id: 3) == nil)
            #expect(side.sent() == nil)
            #expect(side.ended() == "end")
            #expect(side.send("late", id: 4) == .ended)
            #expect(side.end("late", id: 5) == .ended)
        }

        @Test func sendsFollowOneAnother() {
            var side = SendSide<String>()
            for id in 1...3 as ClosedRange<UInt64> {
                #expect(side.send("\(id)", id: id) == nil)
                #expect(side.sent() == "\(id)")
            }
            #expect(side.end("end", id: 4) == nil)
            #expect(side.abandon(id: 4) == "end")
            #expect(side.ended() == nil)
        }
    }
}

extension ReceiveSide.Action {
    fileprivate var isStart: Bool { if case .start = self { true } else { false } }
}
