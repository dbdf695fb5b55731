import CLinuxIO

extension Connection {
    /// How many reads one event may lead to before others get their turn.
    private static let mostReads = 16

    /// Moves bytes from here to another connection as they are, as many as it takes, and the end
    /// after them.
    ///
    /// - Returns: How many bytes the other connection took; nil when one of the two is broken.
    final func pump(to sink: Connection) -> Int? {
        var moved = 0
        var reads = 0
        while true {
            let pending = sink.output.count
            let total = pending + input.count
            if total > 0 {
                guard let sent = sink.send(UnsafeRawBufferPointer(input.bytes)) else { return nil }
                moved += sent
                input.consume(max(sent - pending, 0))
                if sent < total { return moved }
            }
            if sawEnd {
                if !sink.endWasTold {
                    sink.endWasTold = true
                    sink.endWriting()
                }
                return moved
            }
            if !isReadable { return moved }
            if reads == Self.mostReads {
                worker.loop.continueLater(self)
                return moved
            }
            reads += 1
            if fill() == .failed {
                isBroken = true
                return nil
            }
        }
    }
}
