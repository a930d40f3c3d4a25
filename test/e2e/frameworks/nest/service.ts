import "reflect-metadata";
import type { Server } from "node:http";
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  Query,
  Res,
  Sse,
  UploadedFile,
  UseInterceptors,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FileInterceptor } from "@nestjs/platform-express";
import { Observable } from "rxjs";

/** What any service of these tests shares with its test. */
interface Gate {
  opened(): Promise<void>;
}

let gate: Gate;

@Injectable()
class Greeter {
  greet(name: string): { hello: string } {
    return { hello: name };
  }
}

@Controller()
class Everything {
  constructor(private readonly greeter: Greeter) {}

  @Get("hello")
  hello(@Query("name") name: string): unknown {
    return this.greeter.greet(name);
  }

  @Post("echo")
  echo(@Body() body: unknown): unknown {
    return { echo: body };
  }

  @Post("upload")
  @HttpCode(200)
  @UseInterceptors(FileInterceptor("file"))
  upload(
    @UploadedFile() file: { size: number; originalname: string },
    @Body() body: { title: string },
  ): unknown {
    return { title: body.title, file: file.originalname, bytes: file.size };
  }

  @Sse("events")
  events(): Observable<{ data: string }> {
    return new Observable((subscriber) => {
      subscriber.next({ data: "1" });
      void gate.opened().then(() => {
        subscriber.next({ data: "2" });
        subscriber.complete();
      });
    });
  }

  @Get("large")
  large(@Res() response: { end(bytes: Buffer): void }): void {
    response.end(Buffer.alloc(2_000_000, "x"));
  }

  @Get("fails")
  fails(): never {
    throw new Error("on purpose");
  }
}

@Module({ controllers: [Everything], providers: [Greeter] })
class App {}

export async function start(given: Gate): Promise<Server> {
  gate = given;
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, "127.0.0.1");
  return app.getHttpServer() as Server;
}
