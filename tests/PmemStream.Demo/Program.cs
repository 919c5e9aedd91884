using PmemStream.Demo;

return args is [Writer.Mode or Writer.PausingMode, _, _] ? Writer.Run(args) : Demo.Run(args);
