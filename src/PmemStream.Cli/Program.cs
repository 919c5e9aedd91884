using PmemStream.Cli;

using ToolIo io = ToolIo.ForProcess();
return ToolApp.Run(args, io);
