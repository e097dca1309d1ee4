using System.CommandLine;

namespace SggLab.Cli.Runs;

/// <summary>sgglab checkpoint lineage, verify, export.</summary>
public static class CheckpointCommands
{
    public static Command Create()
    {
        var checkpoint = new LabCommand("checkpoint", "Trace, check and take out checkpoints.")
        {
            Examples = ["./sgglab checkpoint lineage 3f2a91c07b5d4e88", "./sgglab checkpoint verify 3f2a91c07b5d4e88", "./sgglab checkpoint export 3f2a91c07b5d4e88 my-model"],
        };
        checkpoint.Add(CheckpointLineageCommand.Create());
        checkpoint.Add(VerifyCheckpoint.Create());
        checkpoint.Add(ExportCheckpoint.Create());
        return checkpoint;
    }
}
