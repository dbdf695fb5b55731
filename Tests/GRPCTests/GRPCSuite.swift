import Testing

/// All tests of the library, one after the other: some of them count what lives in the process.
@Suite(.serialized) enum GRPCSuite {}
