using System.CommandLine;

namespace SggLab.Cli.Site;

public static class DoctorCommands
{
    public static Command Create()
    {
        var command = new LabCommand("doctor", "Check what this machine has and say what to do about the rest.")
        {
            Examples = ["./sgglab doctor", "./sgglab doctor --json"],
        };
        command.SetAction(_ => { Console.Error.WriteLine(LabHome.Find().Folder); return 0; });
        return command;
    }
}
